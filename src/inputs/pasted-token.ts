import { TOKENS_PAGE } from '../mapbox/account.ts';
import { parseToken } from '../mapbox/token.ts';
import { extractTokens } from '../secret.ts';
import { EXPRESSION, NAME, PLACEHOLDER, readings } from './masking.ts';

/**
 * Explains why a text is not a Mapbox token and what to do, worded to follow "It is not a Mapbox token: ". Quotes
 * nothing: the text around a token may be as secret as the token.
 *
 * @param text trimmed, and not readable by {@link parseToken}.
 */
export function describeUnreadableToken(text: string): string {
  return describeEmbeddedToken(text) ?? describeOtherText(text);
}

function describeEmbeddedToken(text: string): string | undefined {
  const all = readings(text);
  const [, joined] = all;
  const split = `has ${/[\r\n]/.test(text) ? 'a line break' : 'white space'} in it`;
  const whole = parseToken(joined);
  if (whole !== undefined) return `it ${split}. ${saveAlone(whole.usage)}`;
  for (const reading of all) {
    const [token, another] = new Set(extractTokens(reading).filter(found => parseToken(found) !== undefined));
    if (token === undefined) continue;
    if (another !== undefined) return `it has more than one token in it. ${saveAlone(undefined)}`;
    const usage = parseToken(token)?.usage;
    if (reading === text) return `it ${describeSurroundings(text, token)}. ${saveAlone(usage)}`;
    const what = reading === joined ? split : ENCODED;
    return `it ${what}. ${saveAlone(usage)}`;
  }
  return undefined;
}

function saveAlone(usage: string | undefined): string {
  const alone = 'Save the token alone in the secret, from `sk.` to its last character.';
  return usage === 'pk' ? `${alone} It is also a public token (\`pk.\`): use a secret one.` : alone;
}

const ENCODED = 'has a token in it, but encoded or with invisible characters';

/** Replaces the token, so that the patterns see only the text around it. */
const TOKEN = '\0';

const SURROUNDINGS: readonly (readonly [RegExp, string])[] = [
  [/\bbearer\b/i, '`Bearer`'],
  [/[=:]\s*["'`]?\0/, 'a name before it, such as `TOKEN=`'],
  [/["'`“”‘’„«»]/, 'quotes'],
];

function describeSurroundings(text: string, token: string): string {
  const around = text.replaceAll(token, TOKEN);
  if (/^[[{]/.test(around) && /["':]/.test(around)) return 'is JSON with a token in it';
  if (/\w:\/\//.test(around)) return 'is a URL with a token in it';
  if (/\p{Cf}/u.test(around)) return ENCODED;
  const parts = SURROUNDINGS.flatMap(([pattern, name]) => (pattern.test(around) ? [name] : []));
  return `has ${parts.length === 0 ? 'other text' : parts.join(', ')} next to the token`;
}

const CREATE = `Create a token on ${TOKENS_PAGE} and save it in the secret.`;

function describeOtherText(text: string): string {
  if (EXPRESSION.test(text)) {
    return 'it is the text of an expression, not its value. Write the expression in the workflow, and save the token in the secret.';
  }
  if (NAME.test(text)) {
    return 'it is a name, not a value. Pass the secret with `authorizing-token: ${{ secrets.MAPBOX_AUTHORIZING_TOKEN }}`.';
  }
  if (PLACEHOLDER.test(text)) {
    return 'it is a placeholder. If the workflow sets it when a secret is missing, the secret does not exist here.';
  }
  if (/^(?:gh[pousr]_|github_pat_)/.test(text)) return `it is a GitHub token. ${CREATE}`;
  if (/^c[a-z0-9]{24}$/.test(text)) return `it is a token's ID, not the token. ${CREATE}`;
  if (/[pst]k\.eyJ/.test(text) || /^eyJ[\w-]+\.[\w-]+$/.test(text)) {
    return `it has only part of a token: copy all of it, from \`sk.\` to its last character, or create a new one on ${TOKENS_PAGE}, and save it in the secret.`;
  }
  return `a token begins with \`sk.\` (or \`tk.\`) and has three parts with dots between them. ${CREATE}`;
}
