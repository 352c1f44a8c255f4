import { parseToken } from '../mapbox/token.ts';
import type { Runner } from '../runner/runner.ts';
import { extractTokens, Secret } from '../secret.ts';

/** Words that stand for "no token". They are no secrets. */
export const PLACEHOLDER =
  /^(?:none|null|nil|undefined|true|false|n\/a|empty|default|disabled|invalid|missing|unavailable|unknown|unset|(?:no|not|my|your|test|fake|dummy|example|missing|invalid|unset)[-_ ](?:set|here|found|token|secret|value|available)|(?:[pst]k\.)?(?:to-?do|change-?me|dummy|example|fake|placeholder|secret|test|token|redacted|0+|[*x.•…-]+|your[-_ a-z]*)|[<[]?your[-_ a-z]*[>\]]?|<[-_ a-z]*>|\[[-_ a-z]*\])$/i;

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
export function readings(text: string): [string, string, string, string, ...string[]] {
  const joined = text.replace(/\s+/g, '');
  return [
    text,
    joined,
    text.replace(/\p{Cf}+/gu, ''),
    withoutPercent(text),
    ...decoded(text),
    ...decoded(joined),
  ];
}

/** Where only the dots are encoded, or all of it, as in a query. */
function withoutPercent(text: string): string {
  return text.replace(/%[2-7][\da-f]/gi, code => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}

function decoded(text: string): string[] {
  return (text.match(/[\w+/-]{40,}/g) ?? []).map(run => Buffer.from(run, 'base64').toString());
}
