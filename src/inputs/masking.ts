import { parseToken } from '../mapbox/token.ts';
import type { Runner } from '../runner/runner.ts';
import { extractTokens, Secret } from '../secret.ts';

/** Words that stand for "no token". They are no secrets. */
export const PLACEHOLDER =
  /^(?:none|null|nil|undefined|true|false|n\/a|empty|to-?do|change-?me|dummy|example|placeholder|secret|token|redacted|[*x.•…-]+|[<[]?your[-_ a-z]*[>\]]?|<[-_ a-z]*>|\[[-_ a-z]*\])$/i;

/** The text of a GitHub expression. */
export const EXPRESSION = /^\$?\{\{.*\}\}$/s;

/** Names of what should have been read: a variable of a shell, a property of a GitHub context, a secret. */
export const NAME =
  /^(?:(?:\$|\$\{|\$env:|%)?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+[}%]?|(?:secrets|env|vars|inputs|steps|needs)(?:\.[\w-]+)+)$/;

/** Hides the authorizing token, whatever else the input has in it. */
export function maskAuthorizingToken(runner: Runner): void {
  for (const text of secretsIn(runner.getInput('authorizing-token'))) runner.mask(new Secret(text));
}

/** Texts in the `authorizing-token` input that have to be hidden: the input itself, and every token in it. */
export function secretsIn(input: string): string[] {
  const text = input.trim();
  if (text === '' || isHarmless(text)) return [];
  const tokens = parseToken(text) === undefined ? readings(text).flatMap(extractTokens) : [];
  return [...new Set([text, ...tokens])];
}

function isHarmless(text: string): boolean {
  return (
    [PLACEHOLDER, EXPRESSION, NAME].some(pattern => pattern.test(text)) && extractTokens(text).length === 0
  );
}

/** Ways to read a text that is not a token itself: as it is, without what broke it, decoded. */
export function readings(text: string): [string, string, string, ...string[]] {
  const joined = text.replace(/\s+/g, '');
  return [text, joined, text.replace(/\p{Cf}+/gu, ''), ...decoded(text), ...decoded(joined)];
}

function decoded(text: string): string[] {
  return (text.match(/[\w+/-]{40,}/g) ?? []).map(run => Buffer.from(run, 'base64').toString());
}
