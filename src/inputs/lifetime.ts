import { HOUR, parseDuration } from '../duration.ts';

/** How long a token is to live. */
export type Lifetime =
  | { readonly kind: 'job' }
  | { readonly kind: 'temporary'; readonly seconds: number }
  | { readonly kind: 'permanent' };

/** Reads the `lifetime` input: the lifetime, or what is wrong with it and the way out. */
export function parseLifetime(input: string): Lifetime | { readonly fault: string } {
  const word = input.trim().toLowerCase();
  if (word === 'job' || word === 'permanent') return { kind: word };
  const wayOut = 'or `job`, which keeps the token until the job ends, however long it takes.';
  const seconds = parseDuration(word);
  if (seconds === undefined) {
    return {
      fault: `\`lifetime\` is \`${input.trim().slice(0, 40)}\`, which is neither \`job\` nor \`permanent\` nor a duration. Write a duration of at most one hour with its unit, such as \`20m\`, ${wayOut}`,
    };
  }
  if (seconds === 0) {
    return {
      fault: `\`lifetime\` is zero. Write a duration of at most one hour, such as \`20m\`, ${wayOut}`,
    };
  }
  if (seconds > HOUR) {
    return {
      fault: `\`lifetime\` is \`${input.trim().slice(0, 40)}\`, but Mapbox lets a temporary token live for one hour at most. Write at most \`1h\`, ${wayOut}`,
    };
  }
  return { kind: 'temporary', seconds };
}
