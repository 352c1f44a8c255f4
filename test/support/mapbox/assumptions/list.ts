import type { Assumptions } from './assumption.ts';

/** Assumptions about the list of tokens, and about deletions. */
export const listAssumptions = {
  'list-page-size': {
    question: 'How many tokens does a page of the list hold, by default and at most?',
    assumed: '100 by default, 100 at most',
    certainty: '?',
  },
  'list-fields': {
    question: 'Which fields do the rows of the list have beyond the documented ones?',
    assumed: '1 beyond the ten documented',
    certainty: 'C',
  },
  'list-usage-limit': {
    question: 'What does the list show if usage and limit are combined?',
    assumed: 'nothing',
    certainty: 'C',
  },
  'list-usage-tk': {
    question: 'Can temporary tokens be listed?',
    assumed: '422 usage must be pk or sk',
    certainty: 'D',
  },
  'list-limit-malformed': {
    question: 'What is the error for a limit that is not a positive integer?',
    assumed: '422 limit is invalid',
    certainty: '?',
  },
  'list-unknown-parameter': {
    question: 'Is an unknown query parameter ignored?',
    assumed: 'yes',
    certainty: 'C',
  },
  'list-order': {
    question: 'In which order are tokens listed?',
    assumed: 'oldest first',
    certainty: '?',
  },
  'list-fresh': {
    question: 'Is the list cached, or does it show what is stored now?',
    assumed: 'fresh',
    certainty: '?',
  },
  'list-cache-headers': {
    question: 'Which headers of a cache does the list have?',
    assumed: 'none',
    certainty: '?',
  },
  'link-token': {
    question: 'Does the link to the next page contain the client’s token?',
    assumed: 'yes',
    certainty: 'C',
  },
  'link-last': {
    question: 'Which links does the last of several pages have?',
    assumed: 'prev',
    certainty: 'C',
  },
  'link-key-survives': {
    question: 'Does the link to the next page still work after the token it stands for was deleted?',
    assumed: 'yes',
    certainty: '?',
  },
  'delete-status': {
    question: 'Which status does a deletion have?',
    assumed: '204',
    certainty: 'D',
  },
  'delete-unknown': {
    question: 'What is the response to deleting an id that is unknown or already deleted?',
    assumed: '404 Not Found',
    certainty: 'D',
  },
  'delete-by-text': {
    question: 'What is the response to deleting by a token’s text in place of its id?',
    assumed: '400 Bad Request',
    certainty: 'D',
  },
  'delete-default': {
    question: 'Can the default public token be deleted through the API?',
    assumed: 'yes, like any other',
    certainty: '?',
  },
} as const satisfies Assumptions;
