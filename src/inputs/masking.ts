import type { Runner } from '../runner/runner.ts';
import { extractTokens, Secret } from '../secret.ts';

/** Placeholders for a missing token. They are not secret. */
export const PLACEHOLDER =
  /^(?:none|null|nil|undefined|true|false|n\/a|empty|default|disabled|invalid|missing|unavailable|unknown|unset|(?:no|not|my|your|test|fake|dummy|example|missing|invalid|unset)[-_ ](?:set|here|found|token|secret|value|available)|(?:[pst]k\.)?(?:to-?do|change-?me|dummy|example|fake|placeholder|secret|test|token|redacted|0+|[*x.•…-]+|your[-_ a-z]*)|[<[]?your[-_ a-z]*[>\]]?|<[-_ a-z]*>|\[[-_ a-z]*\])$/i;

/** The text of a GitHub expression. */
export const EXPRESSION = /^\$?\{\{.*\}\}$/s;

/** The name of a shell variable, of a property of a GitHub context, or of a secret, instead of its value. */
export const NAME =
  /^(?:(?:\$|\$\{|\$env:|%)?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+[}%]?|(?:secrets|env|vars|inputs|steps|needs)(?:\.[\w-]+)+)$/;

/** Masks inputs that hold a Mapbox token, and every token in them. */
export function maskTokenInputs(runner: Runner, names: readonly string[]): void {
  for (const name of names)
    for (const text of secretsIn(runner.getInput(name))) runner.mask(new Secret(text));
}

/** The secrets in an input that holds a token: the whole text and every token in it. */
export function secretsIn(input: string): string[] {
  const text = input.trim();
  if (text === '' || isHarmless(text)) return [];
  return [...new Set([text, ...readings(text).flatMap(extractTokens)])];
}

function isHarmless(text: string): boolean {
  return (
    [PLACEHOLDER, EXPRESSION, NAME].some(pattern => pattern.test(text)) && extractTokens(text).length === 0
  );
}

/** Ways to read a text that is not a token: as it is, without white space, without invisible characters, decoded. */
export function readings(text: string): [string, string, ...string[]] {
  const joined = text.replace(/\s/g, '');
  return [
    text,
    joined,
    text.replace(/\p{Cf}/gu, ''),
    withoutPercent(text),
    ...decoded(text),
    ...decoded(joined),
  ];
}

/** Decodes only ASCII, which is enough for a token. Some programs encode only the dots. */
function withoutPercent(text: string): string {
  return text.replace(/%[2-7][\da-f]/gi, code => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}

function decoded(text: string): string[] {
  return (text.match(/[\w+/-]{40,}/g) ?? []).map(run => Buffer.from(run, 'base64').toString());
}
