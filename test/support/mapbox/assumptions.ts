/**
 * What no source tells, as one list: what the stand-in assumes, and what `npm run conformance` asks, of the stand-in in
 * the tests and of the real Mapbox by whoever has an account.
 */
export interface Assumption {
  readonly id: string;
  readonly question: string;
  /** What the stand-in does; where the conformance program asks, in the very words in which it tells what it found. */
  readonly assumed: string;
  /** The item of section 9 of the facts that asks the same; 0 when it is not among them. */
  readonly section9: number;
}

export const assumptions = [
  {
    id: 'temporary-status',
    question: 'Which status does the creation of a temporary token have?',
    assumed: '200',
    section9: 1,
  },
  {
    id: 'stored-status',
    question: 'Which status does the creation of a stored token have?',
    assumed: '201',
    section9: 1,
  },
  {
    id: 'temporary-fields',
    question: 'What does the answer to the creation of a temporary token have?',
    assumed: 'expires, expires_in, issued_at, token',
    section9: 0,
  },
  {
    id: 'tiling-takes-tk',
    question: 'Does the Tiling Service accept a temporary token with the right scope?',
    assumed: 'as a secret token',
    section9: 2,
  },
  {
    id: 'uploads-takes-tk',
    question: 'Does the Uploads API accept a temporary token with the right scope?',
    assumed: 'as a secret token',
    section9: 2,
  },
  {
    id: 'downloads-takes-tk',
    question: 'Does the host of the SDK downloads accept a temporary token with the right scope?',
    assumed: 'as a secret token',
    section9: 2,
  },
  {
    id: 'rate-limit-headers-always',
    question: 'Do other answers of the Tokens API than a 429 carry the X-Rate-Limit headers?',
    assumed: 'interval, limit, reset',
    section9: 3,
  },
  {
    id: 'rate-limit-window',
    question: 'Over which window are requests counted?',
    assumed:
      'a fixed one that begins with the first request and ends on a full second, over the whole account; refused requests do not count',
    section9: 3,
  },
  {
    id: 'unknown-scope',
    question: 'What is the error for a scope that does not exist, or that the account may not use?',
    assumed: '422 scopes are invalid',
    section9: 4,
  },
  {
    id: 'scopes-malformed',
    question: 'What is the error when scopes is missing or not an array of strings?',
    assumed: '422 scopes are invalid',
    section9: 4,
  },
  {
    id: 'expires-malformed',
    question: 'Which forms of expires are accepted, and what is the error for another?',
    assumed: 'Z, Z with milliseconds, an offset, no zone; else 422 expires is invalid',
    section9: 4,
  },
  {
    id: 'expires-with-allowed-urls',
    question: 'What is the error for allowedUrls on a temporary token?',
    assumed: '422 allowedUrls are invalid',
    section9: 4,
  },
  {
    id: 'expires-with-note',
    question: 'Is a note on a temporary token an error?',
    assumed: 'accepted',
    section9: 4,
  },
  {
    id: 'allowed-urls-limit',
    question: 'What is the error for more than 100 allowedUrls, or one that is no URL?',
    assumed: '422 allowedUrls are invalid',
    section9: 4,
  },
  {
    id: 'note-limit',
    question: 'Is a note of 256 UTF-16 code units kept whole, and what is the answer to one more?',
    assumed: '256 kept whole; 257: 422 note is invalid',
    section9: 4,
  },
  {
    id: 'delete-unknown',
    question: 'What is the answer to deleting an id that is unknown or already deleted?',
    assumed: '404 Not Found',
    section9: 4,
  },
  {
    id: 'delete-default',
    question: 'Can the default public token be deleted through the API?',
    assumed: 'yes, like any other',
    section9: 4,
  },
  {
    id: 'body-malformed',
    question: 'What is the error for a body that is not JSON, or not declared as application/json?',
    assumed: '400 Bad Request',
    section9: 4,
  },
  {
    id: 'tk-authorizes',
    question: 'May a temporary token with the scopes create stored tokens, list and delete?',
    assumed: 'creates, lists, deletes',
    section9: 5,
  },
  {
    id: 'tk-outlives-parent',
    question: 'Does a temporary token die with the token that authorized it?',
    assumed: 'it stays TokenValid',
    section9: 5,
  },
  {
    id: 'restricted-authorizer',
    question:
      'What is the answer to an authorizer that is restricted to URLs, from a client without a Referer?',
    assumed: '403 Forbidden',
    section9: 6,
  },
  {
    id: 'list-page-size',
    question: 'How many tokens does a page of the list hold, by default and at most?',
    assumed: '50 by default, 50 at most',
    section9: 7,
  },
  {
    id: 'list-limit-malformed',
    question: 'What is the error for a limit that is not a positive integer?',
    assumed: '422 limit is invalid',
    section9: 7,
  },
  {
    id: 'list-order',
    question: 'In which order are tokens listed?',
    assumed: 'oldest first',
    section9: 7,
  },
  {
    id: 'list-fresh',
    question: 'Is the list cached, or does it show what is stored now?',
    assumed: 'fresh',
    section9: 7,
  },
  {
    id: 'link-without-token',
    question: 'Does the link to the next page carry a token?',
    assumed: 'no',
    section9: 7,
  },
  {
    id: 'link-key-survives',
    question: 'Does the link to the next page still work after the token it stands for was deleted?',
    assumed: 'yes',
    section9: 7,
  },
  {
    id: 'visible-at-once',
    question: 'How soon does a new token work, and how soon is a deleted one refused?',
    assumed: 'valid at once, revoked at once',
    section9: 8,
  },
  {
    id: 'scope-table',
    question: 'Which scopes may the account use that the action’s catalogue does not have, or has otherwise?',
    assumed: 'none',
    section9: 9,
  },
  {
    id: 'bearer',
    question: 'Is Authorization: Bearer accepted?',
    assumed: '422 access token is required',
    section9: 10,
  },
  {
    id: 'no-token-status',
    question: 'Is a request without a token 401 or 422? The error table has both.',
    assumed: '422 access token is required',
    section9: 0,
  },
  {
    id: 'missing-tokens-write',
    question: 'What is the answer to a creation by a token without tokens:write?',
    assumed: '404 Not Found',
    section9: 0,
  },
  {
    id: 'malformed-details',
    question: 'Does validation describe a token that is malformed or whose signature fails?',
    assumed: 'TokenMalformed and TokenInvalid, nothing else',
    section9: 0,
  },
  {
    id: 'update-shows-sk',
    question: 'Does updating a secret token show its text again?',
    assumed: 'no',
    section9: 0,
  },
  {
    id: 'update-pk-secret-scope',
    question: 'What is the error for giving a public token a secret scope?',
    assumed: '422 scopes are invalid',
    section9: 0,
  },
  {
    id: 'tiling-errors',
    question: 'What are the Tiling Service’s answers to a bad body, another account, a taken id?',
    assumed: '400, 404, 400',
    section9: 0,
  },
  {
    id: 'tiling-status',
    question:
      'What does the endpoint behind the SDK’s tilesetStatus answer, and which scope does it ask for?',
    assumed: 'the id, the newest job and its stage; tilesets:list, as the list of jobs',
    section9: 0,
  },
  {
    id: 'tiling-changesets',
    question: 'Which scopes do view-changeset and delete-changeset ask for?',
    assumed: 'tilesets:read, tilesets:write',
    section9: 0,
  },
  {
    id: 'rate-limit-answer',
    question: 'What are the words and the headers of a 429 of the Tokens API?',
    assumed: '429 Too Many Requests; interval, limit, reset',
    section9: 3,
  },
] as const satisfies readonly Assumption[];

export type AssumptionId = (typeof assumptions)[number]['id'];
