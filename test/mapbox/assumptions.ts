/** What the stand-in had to decide without a source, as data: the conformance program asks the real Mapbox these. */
export interface Assumption {
  readonly id: string;
  readonly question: string;
  /** What the stand-in does. */
  readonly assumed: string;
  /** The item of section 9 of the facts that asks the same; 0 when it is not among them. */
  readonly section9: number;
}

export const assumptions: readonly Assumption[] = [
  {
    id: 'temporary-status',
    question: 'Which status does the creation of a temporary token have?',
    assumed: '200; a stored token has 201',
    section9: 1,
  },
  {
    id: 'tiling-takes-tk',
    question: 'Does the Tiling Service accept a temporary token with the right scope?',
    assumed: 'Yes, like any other',
    section9: 2,
  },
  {
    id: 'rate-limit-answer',
    question: 'What are the body and the headers of a 429 of the Tokens API?',
    assumed: '{"message":"Too Many Requests"} with the three X-Rate-Limit headers and no Retry-After',
    section9: 3,
  },
  {
    id: 'rate-limit-headers-always',
    question: 'Do other answers of the Tokens API carry the X-Rate-Limit headers?',
    assumed: 'Yes, all',
    section9: 3,
  },
  {
    id: 'rate-limit-window',
    question: 'Over which window are requests counted?',
    assumed:
      'A fixed one that begins with the first request and ends on a full second, over the whole account; refused requests do not count',
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
    assumed:
      'ISO 8601 date and time with Z, a numeric offset, or no zone (taken as UTC); else 422 expires is invalid',
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
    assumed: 'No, it is ignored',
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
    question: 'How long may a note be, and what is the error for more?',
    assumed: '256 UTF-16 code units; else 422 note is invalid',
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
    assumed: 'Yes, like any other',
    section9: 4,
  },
  {
    id: 'body-malformed',
    question: 'What is the error for a body that is not a JSON object, or not declared as application/json?',
    assumed: '400 Bad Request',
    section9: 4,
  },
  {
    id: 'tk-authorizes',
    question: 'May a temporary token with the scopes create stored tokens, list and delete?',
    assumed: 'Yes',
    section9: 5,
  },
  {
    id: 'tk-outlives-parent',
    question: 'Does a temporary token die with the token that authorized it?',
    assumed: 'No, it lives until it expires',
    section9: 5,
  },
  {
    id: 'restricted-authorizer',
    question:
      'What is the answer to an authorizer that is restricted to URLs, from a client that sends no Referer?',
    assumed: '403 Forbidden; with a Referer under one of its URLs it works; validation is not restricted',
    section9: 6,
  },
  {
    id: 'list-page-size',
    question: 'How many tokens does a page of the list hold, by default and at most?',
    assumed: '50 and 50; a larger limit gives 50 and a Link',
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
    assumed: 'By creation, or by sortby, oldest first',
    section9: 7,
  },
  {
    id: 'list-fresh',
    question: 'Is the list cached?',
    assumed: 'No: it shows what is stored now',
    section9: 7,
  },
  {
    id: 'link-key-survives',
    question: 'Does a start key still work after the token it stands for was deleted?',
    assumed: 'Yes',
    section9: 7,
  },
  {
    id: 'visible-at-once',
    question: 'How soon does a new token work, and how soon is a deleted one refused?',
    assumed: 'At once',
    section9: 8,
  },
  {
    id: 'scope-table',
    question: 'Which scopes does an account have?',
    assumed: 'Those of 4.1 without vision:read, and those of 4.2',
    section9: 9,
  },
  {
    id: 'bearer',
    question: 'Is Authorization: Bearer accepted?',
    assumed: 'No: 422 access token is required',
    section9: 10,
  },
  {
    id: 'no-token-status',
    question: 'Is a request without a token 401 or 422? The error table has both.',
    assumed: '422 access token is required, also for validation',
    section9: 0,
  },
  {
    id: 'malformed-details',
    question: 'Does validation describe a token that is malformed or whose signature fails?',
    assumed: 'No, there is only the code',
    section9: 0,
  },
  {
    id: 'update-shows-sk',
    question: 'Does updating a secret token show its text again?',
    assumed: 'No',
    section9: 0,
  },
  {
    id: 'update-pk-secret-scope',
    question: 'What is the error for giving a public token a secret scope, or a scope-less token any scope?',
    assumed: '422 scopes are invalid',
    section9: 0,
  },
  {
    id: 'tiling-errors',
    question:
      'What are the Tiling Service statuses for a bad body or recipe (400), another account (404), a taken id (400)?',
    assumed: 'Those in brackets',
    section9: 0,
  },
  {
    id: 'tiling-status',
    question:
      'What does the endpoint behind the SDK’s tilesetStatus answer, and which scope does it ask for?',
    assumed: 'The id, the newest job and its stage; tilesets:list, as the list of jobs',
    section9: 0,
  },
  {
    id: 'tiling-changesets',
    question: 'Which scopes do view-changeset and delete-changeset ask for?',
    assumed: 'tilesets:read and tilesets:write',
    section9: 0,
  },
];
