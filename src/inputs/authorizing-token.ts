import { codeList, errorTitles } from '../action-error.ts';
import { type AuthorizingToken, TOKENS_PAGE } from '../mapbox/account.ts';
import { PASS_SECRET } from '../mapbox/errors.ts';
import { parseToken } from '../mapbox/token.ts';
import { Secret } from '../secret.ts';
import { isAccountName } from './connection.ts';
import { type Variables, variablesHolding } from './export-env.ts';
import { describeUnreadableToken } from './pasted-token.ts';
import type { InputProblems } from './problems.ts';
import type { Lifetime } from './token-request.ts';

/** How an action describes the token it needs. */
export interface TokenUse {
  /** What a public token cannot do. */
  readonly cannot: string;
  readonly needs: string;
  /** An extra sentence about a public token, if any. */
  readonly hint?: string | undefined;
}

/** How the main step uses the authorizing token. */
export const MINTING: TokenUse = {
  cannot: 'create tokens',
  needs: 'the scope `tokens:write` and every scope that is requested',
};

/** Why a secret can be empty although the workflow passes it. */
export const WHY_SECRET_IS_EMPTY =
  'If the workflow already does so, the secret does not exist here (look for its name under Settings, Secrets and variables, Actions), ' +
  'or this run cannot read it: pull requests from forks get no secrets, Dependabot gets only Dependabot secrets, ' +
  'and a reusable workflow gets only the secrets that its caller passes, by name or with `secrets: inherit`.';

/**
 * Parses the `authorizing-token` input and checks it as far as its text allows.
 *
 * @param now milliseconds since 1970, by the runner's clock.
 */
export function parseAuthorizingToken(
  input: string,
  now: number,
  problems: InputProblems,
  { cannot, needs, hint }: TokenUse,
): AuthorizingToken | undefined {
  const text = input.trim();
  const invalid = (message: string) =>
    problems.add(errorTitles.invalidAuthorizingToken, `\`authorizing-token\` ${message}`);
  if (text === '') {
    return problems.add(
      errorTitles.missingAuthorizingToken,
      `\`authorizing-token\` is empty. Pass a secret: \`authorizing-token: \${{ secrets.MAPBOX_AUTHORIZING_TOKEN }}\`. ${WHY_SECRET_IS_EMPTY}`,
    );
  }
  const claims = parseToken(text);
  if (claims === undefined) return invalid(`is not a Mapbox token: ${describeUnreadableToken(text)}`);
  const { usage, username, id, expiresAt, scopes } = claims;
  if (!isAccountName(username)) {
    return invalid(
      `is not a Mapbox token: its account name is not valid. Create a token on ${TOKENS_PAGE} and save it in the secret.`,
    );
  }
  if (usage === 'pk') {
    return invalid(
      `is a public token (\`pk.\`), which cannot ${cannot}. Use a secret token (\`sk.\`) with ${needs}.${hint === undefined ? '' : ` ${hint}`}`,
    );
  }
  if (expiresAt !== undefined && expiresAt.getTime() <= now) {
    return invalid(
      `is a temporary token that expired at ${expiresAt.toISOString()}; the runner's clock says ${new Date(now).toISOString()}. ` +
        "Pass a new one, or a secret token (`sk.`), which does not expire. If the runner's clock is wrong, correct it.",
    );
  }
  return { secret: new Secret(text), usage, username, id, expiresAt, scopes };
}

/**
 * The scopes that an authorizing token is known to lack: the text of a `tk` lists its scopes, that of an `sk` does not.
 */
export function missingScopes(
  { usage, scopes: held }: AuthorizingToken,
  needed: readonly string[],
): string[] {
  if (usage !== 'tk' || held === undefined) return [];
  return [...new Set(needed)].filter(scope => !held.includes(scope));
}

/** Checks that the authorizing token can grant these scopes, as far as its text shows. */
export function checkHeldScopes(
  authorizingToken: AuthorizingToken,
  scopes: readonly string[],
  hint: string,
  problems: InputProblems,
): void {
  const missing = missingScopes(authorizingToken, ['tokens:write', ...scopes]);
  if (missing.length === 0) return;
  problems.add(
    errorTitles.authorizingTokenMissingScopes,
    `\`authorizing-token\` lacks ${codeList(missing)}. It needs \`tokens:write\` and every requested scope. ${hint}`,
  );
}

/**
 * Suggests that an earlier step of this action created the authorizing token, if a variable of the job has the same
 * text.
 */
export function exportedTokenHint(text: string, env: Variables): string | undefined {
  const [name] = variablesHolding(text, env);
  if (name === undefined) return undefined;
  return `The variable \`${name}\` has the same text, so it may be the token that an earlier step of this action exported. ${PASS_SECRET}`;
}

/** Warns about a temporary authorizing token that may expire before the post step needs it again. */
export function expiryWarnings({ expiresAt }: AuthorizingToken, lifetime: Lifetime): string[] {
  if (expiresAt === undefined || lifetime.kind !== 'job') return [];
  return [
    `\`authorizing-token\` is a temporary token that expires at ${expiresAt.toISOString()}. If the job runs longer, ` +
      'the new token cannot be deleted when the job ends. Use a secret token (`sk.`), or a lifetime such as `20m`.',
  ];
}
