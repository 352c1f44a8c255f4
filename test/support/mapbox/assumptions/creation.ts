import type { Assumptions } from './assumption.ts';

/** Assumptions about creating and updating tokens. */
export const creationAssumptions = {
  'stored-status': {
    question: 'Which status does the creation of a stored token have?',
    assumed: '201',
    certainty: 'C',
  },
  'stored-fields': {
    question: 'Which fields does the response to a stored token have beyond the documented ones?',
    assumed: '1 beyond the ten documented',
    certainty: '?',
  },
  'stored-unknown-field': {
    question: 'Is a field that Mapbox’s description does not have an error?',
    assumed: '422 colour is not allowed',
    certainty: 'D',
  },
  'stored-created': {
    question: 'How far is `created` from the `Date` of the same response?',
    assumed: 'within 2 s',
    certainty: '?',
  },
  'temporary-status': {
    question: 'Which status does the creation of a temporary token have?',
    assumed: '200',
    certainty: '?',
  },
  'temporary-fields': {
    question: 'Which fields does the response to a temporary token have?',
    assumed: 'expires, expires_in, issued_at, token',
    certainty: 'D',
  },
  'temporary-expires': {
    question: 'How exactly is the requested `expires` kept?',
    assumed: 'rounded down to the second',
    certainty: 'C',
  },
  'temporary-expires-forms': {
    question: 'Which forms of `expires` are accepted, and what is the error for another?',
    assumed: 'Z, Z with milliseconds, an offset, no zone; else 422 expires is invalid',
    certainty: 'C',
  },
  'temporary-note': {
    question: 'Is a note on a temporary token an error?',
    assumed: '422 note is not allowed',
    certainty: 'D',
    reported: 'accepted',
  },
  'temporary-allowed-urls': {
    question: 'What is the error for allowedUrls on a temporary token?',
    assumed: '422 allowedUrls is not allowed',
    certainty: 'D',
  },
  'temporary-unknown-field': {
    question: 'Is another field on a temporary token an error?',
    assumed: '422 colour is not allowed',
    certainty: 'D',
  },
  'unknown-scope': {
    question: 'What is the error for a scope that does not exist, or that the account may not use?',
    assumed: '422 scopes are invalid',
    certainty: '?',
  },
  'scopes-malformed': {
    question: 'What is the error when scopes is missing or not an array of strings?',
    assumed: '422 scopes are invalid',
    certainty: '?',
  },
  'allowed-urls-limit': {
    question: 'What is the error for more than 100 allowedUrls?',
    assumed: '422 allowedUrls are invalid',
    certainty: 'D',
  },
  'allowed-urls-forms': {
    question: 'Which forms of allowedUrls are accepted and kept as sent, and what is the error for another?',
    assumed:
      'example.com, http://localhost:*, capacitor://localhost, https://example.com/maps; else 422 allowedUrls are invalid',
    certainty: 'H',
  },
  'body-malformed': {
    question: 'What is the error for a body that is not JSON, or not declared as application/json?',
    assumed: '400 Bad Request',
    certainty: '?',
  },
  'note-length': {
    question: 'Is a note of 128 characters kept whole, and what is the response to one more?',
    assumed: '128 kept whole; 129: 422 note is invalid',
    certainty: 'D',
  },
  'note-unit': {
    question: 'What counts towards the length of a note: characters, UTF-16 code units or bytes?',
    assumed: 'characters',
    certainty: '?',
  },
  'note-stored': {
    question: 'Is a note with HTML characters, other alphabets and a blank at its end stored as it was sent?',
    assumed: 'as sent',
    certainty: '?',
  },
  'update-status': {
    question: 'Which status does an update have?',
    assumed: '200',
    certainty: 'C',
  },
  'update-shows-sk': {
    question: 'Does updating a secret token show its text again?',
    assumed: 'no',
    certainty: 'D',
  },
  'update-pk-secret-scope': {
    question: 'What is the error for giving a public token a secret scope?',
    assumed: '422 scopes are invalid',
    certainty: 'D',
  },
} as const satisfies Assumptions;
