import { spoken } from '../duration.ts';
import { phrase } from '../http/error-codes.ts';
import type { Setback } from './result.ts';

/** One sentence on why an attempt came to nothing. */
export function explain(outcome: Setback): string {
  if (outcome.kind === 'limited') {
    return `Mapbox's rate limit is reached (429); it resets ${outcome.guessed ? 'within' : 'in'} ${spoken(outcome.wait)}.`;
  }
  if (outcome.kind === 'unsent') return `No connection to Mapbox: ${phrase(outcome.code)}.`;
  const { trouble } = outcome;
  switch (trouble.kind) {
    case 'no answer':
      return `No answer from Mapbox: ${phrase(trouble.code)}.`;
    case 'failing':
      return `Mapbox answered ${trouble.status} with ${trouble.form}.`;
    case 'unreadable':
      return `Mapbox answered ${trouble.status}, but with ${trouble.form}.`;
  }
}
