import type { Assumptions } from './assumption.ts';

/** Assumptions about permissions, validation, and responses in general. */
export const accessAssumptions = {
  'no-token-status': {
    question: 'Is a request without a token 401 or 422? The error table has both.',
    assumed: '422 access token is required',
    certainty: 'D',
  },
  bearer: {
    question: 'Is Authorization: Bearer accepted?',
    assumed: '422 access token is required',
    certainty: '?',
  },
  'missing-tokens-write': {
    question: 'What is the response to a creation by a token without tokens:write?',
    assumed: '404 Not Found',
    certainty: 'C',
  },
  'missing-tokens-read': {
    question: 'What is the response to a public token that lists?',
    assumed: '404 Not Found',
    certainty: 'C',
  },
  'missing-scopes-list': {
    question: 'What is the response to a token without scopes:list that lists the scopes?',
    assumed: '403 This API requires a token with scopes:list scope.',
    certainty: 'C',
  },
  'restricted-authorizer': {
    question:
      'What is the response to an authorizing token that is restricted to URLs, from a client without a Referer?',
    assumed: '403 Forbidden',
    certainty: 'H',
  },
  'tk-authorizes': {
    question: 'May a temporary token with the scopes create stored tokens, list and delete?',
    assumed: 'creates, lists, deletes',
    certainty: '?',
  },
  'tk-outlives-parent': {
    question: 'Does a temporary token die with the token that authorized it?',
    assumed: 'it stays TokenValid',
    certainty: '?',
  },
  'visible-at-once': {
    question: 'How soon does a new token work, and how soon is a deleted one refused?',
    assumed: 'valid at once, revoked at once',
    certainty: '?',
  },
  'validation-details': {
    question: 'Does validation describe a token that is malformed or whose signature fails?',
    assumed: 'TokenMalformed alone, TokenInvalid with a token',
    certainty: 'D',
  },
  'validation-authorization': {
    question: 'For which tokens does validation have `authorization`, and is it the id?',
    assumed: 'pk and sk, the id',
    certainty: 'D',
  },
  'scope-table': {
    question: 'Which of the account’s scopes are missing or different in the action’s catalogue?',
    assumed: 'none',
    certainty: '?',
  },
  'token-id': {
    question: 'Which form do the ids of new tokens have?',
    assumed: 'cm and 23 of a-z0-9',
    certainty: 'C',
  },
  'error-body': {
    question: 'Which fields does the body of an error have?',
    assumed: 'message',
    certainty: 'D',
  },
  'request-ids': {
    question: 'Which request ids do a success and an error have?',
    assumed: 'x-amz-cf-id',
    certainty: 'C',
  },
} as const satisfies Assumptions;
