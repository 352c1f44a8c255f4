import { errorTitles } from '../action-error.ts';
import { HOUR, parseAge } from '../duration.ts';
import type { InputProblems } from './problems.ts';
import { quoteInput } from './quote.ts';

/** How long a token is to live. */
export type Lifetime =
  | { readonly kind: 'job' }
  | { readonly kind: 'temporary'; readonly seconds: number }
  | { readonly kind: 'permanent' };

/** Parses the `lifetime` input. Empty means `job`. */
export function parseLifetime(input: string, problems: InputProblems): Lifetime | undefined {
  const text = input.trim() || 'job';
  const word = text.toLowerCase();
  if (word === 'job' || word === 'permanent') return { kind: word };
  const is = `\`lifetime\` is ${quoteInput(text)}`;
  const orJob = 'or `job`, which keeps the token until the job ends, however long that takes.';
  const invalid = (message: string) => problems.add(errorTitles.invalidLifetime, message);
  // Days are too long, but not unknown.
  const seconds = parseAge(word);
  if (seconds === undefined) {
    return invalid(
      `${is}, which is neither \`job\`, nor \`permanent\`, nor a duration. Use a duration of at most one hour with its unit, such as \`20m\`, ${orJob}`,
    );
  }
  if (seconds === 0) {
    return invalid(`\`lifetime\` is zero. Use a duration of at most one hour, such as \`20m\`, ${orJob}`);
  }
  if (seconds > HOUR) {
    return invalid(`${is}, but Mapbox limits temporary tokens to one hour. Use at most \`1h\`, ${orJob}`);
  }
  return { kind: 'temporary', seconds };
}
