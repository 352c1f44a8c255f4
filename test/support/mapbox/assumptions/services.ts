import type { Assumptions } from './assumption.ts';

/** Assumptions about the rate limit, and about the services that accept tokens. */
export const serviceAssumptions = {
  'tiling-takes-tk': {
    question: 'Does the Tiling Service accept a temporary token with the right scope?',
    assumed: 'as a secret token',
    certainty: 'C',
  },
  'uploads-takes-tk': {
    question: 'Does the Uploads API accept a temporary token with the right scope?',
    assumed: 'as a secret token',
    certainty: '?',
  },
  'downloads-takes-tk': {
    question: 'Does the host of the SDK downloads accept a temporary token with the right scope?',
    assumed: 'as a secret token',
    certainty: '?',
  },
  'tiling-other-account': {
    question: 'What is the Tiling Service’s body for another account?',
    assumed: '404, a text in JSON',
    certainty: 'C',
  },
  'tiling-errors': {
    question: 'What are the Tiling Service’s responses to a bad body and to a taken id?',
    assumed: '400, 400',
    certainty: '?',
  },
  'tiling-status': {
    question:
      'What is the response of the endpoint behind the SDK’s tilesetStatus, and which scope does it need?',
    assumed: 'the id, the newest job and its stage; tilesets:list, as the list of jobs',
    certainty: '?',
  },
  'tiling-changesets': {
    question: 'Which scopes do view-changeset and delete-changeset need?',
    assumed: 'tilesets:read, tilesets:write',
    certainty: '?',
  },
  'rate-limit-headers-always': {
    question: 'Do Tokens API responses other than a 429 have the X-Rate-Limit headers?',
    assumed: 'interval, limit, reset',
    certainty: '?',
  },
  'rate-limit-window': {
    question: 'Over which window are requests counted?',
    assumed:
      'a fixed one that begins with the first request and ends on a full second, over the whole account; refused requests do not count',
    certainty: '?',
  },
  'rate-limit-answer': {
    question: 'What are the message and the headers of a Tokens API 429?',
    assumed: '429 Too Many Requests; interval, limit, reset',
    certainty: '?',
  },
} as const satisfies Assumptions;
