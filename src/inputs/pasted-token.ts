import { TOKENS_PAGE } from '../mapbox/account.ts';
import { parseObject, parseToken } from '../mapbox/token.ts';
import { extractTokens } from '../secret.ts';
import { EXPRESSION, NAME, PLACEHOLDER, readings } from './masking.ts';

/**
 * What was saved where a token should have been. Nothing here shows any of it: the text around a token may be as secret
 * as the token.
 */

/**
 * Why a text is not a Mapbox token, as the end of "It is not a Mapbox token: …", with what to do.
 *
 * @param text trimmed, and nothing that {@link parseToken} can read.
 */
export function describeUnreadableToken(text: string): string {
  return describeEmbeddedToken(text) ?? describeOtherText(text);
}

function describeEmbeddedToken(text: string): string | undefined {
  const all = readings(text);
  const [, joined, visible, plain] = all;
  const inside = {
    [plain]: 'is percent-encoded',
    [visible]: 'has an invisible character in it',
    [joined]: `has ${/[\r\n]/.test(text) ? 'a line break' : 'white space'} in it`,
  };
  for (const whole of [joined, visible, plain]) {
    const usage = parseToken(whole)?.usage;
    if (usage !== undefined) return `it ${inside[whole]}. ${saveAlone(usage)}`;
  }
  for (const reading of all) {
    const [token, another] = new Set(extractTokens(reading).filter(found => parseToken(found) !== undefined));
    if (token === undefined) continue;
    if (another !== undefined) return `it has more than one token in it. ${saveAlone(undefined)}`;
    const what =
      reading === text ? describeSurroundings(text, token) : (inside[reading] ?? 'is a token in base64');
    return `it ${what}. ${saveAlone(parseToken(token)?.usage)}`;
  }
  return undefined;
}

function saveAlone(usage: string | undefined): string {
  const alone = 'Save the token alone in the secret, from `sk.` to its last character.';
  return usage === 'pk' ? `${alone} This one is a public token (\`pk.\`), too: use a secret one.` : alone;
}

/** Stands for the token, so that the patterns see only what is around it. */
const TOKEN = '\0';

const SURROUNDINGS: readonly (readonly [RegExp, string])[] = [
  [/\bbearer\b/i, '`Bearer`'],
  [/[=:]\s*["'`]?\0/, 'a name before it, such as `TOKEN=`'],
  [/["'“”‘’„«»]/, 'quotes'],
  [/`/, 'backticks'],
  [/[<>]/, 'angle brackets'],
  [/[()[\]{}]/, 'brackets'],
  [/\$/, '`$`'],
  [/\\[nrt]/, 'a line break, written as `\\n`'],
  [/\p{Cf}/u, 'an invisible character'],
  [/^[,;.]|[,;.]$/, 'punctuation'],
];

function describeSurroundings(text: string, token: string): string {
  const around = text.replaceAll(token, TOKEN);
  if (/^[[{]/.test(around) && /["':]/.test(around)) return 'is JSON with a token in it';
  if (/\w:\/\//.test(around)) return 'is a URL with a token in it';
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
    return 'it is a placeholder. If the workflow sets it where a secret is missing, the secret does not exist here.';
  }
  if (/^(?:gh[pousr]_|github_pat_)/.test(text)) return `it is a GitHub token. ${CREATE}`;
  if (/^c[a-z0-9]{24}$/.test(text)) return `it is a token's ID, not the token. ${CREATE}`;
  if (/^eyJ[\w-]+\.[\w-]+$/.test(text))
    return 'its beginning, `sk.`, is missing. Save it whole in the secret.';
  const [token] = /[pst]k\.eyJ.*/s.exec(text) ?? [];
  if (token !== undefined) return `it ${describeBrokenToken(token)}. ${CREATE}`;
  return `a token begins with \`sk.\` (or \`tk.\`) and has three parts with dots between. ${CREATE}`;
}

function describeBrokenToken(text: string): string {
  const [, payload = '', signature = ''] = text.split('.');
  if (/[…•*]|\.{2}/.test(text)) return 'is abbreviated';
  if (!/^[\w-]/.test(signature)) return 'ends before its third part, so it was cut off when it was copied';
  const claims = parseObject(Buffer.from(payload, 'base64url').toString());
  return claims === undefined || /[^\w-]/.test(payload)
    ? 'has a second part that cannot be read, so it was changed when it was copied'
    : 'names no account';
}
