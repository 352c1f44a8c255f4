import { errorTitles } from '../action-error.ts';
import { type AuthorizingToken, TOKENS_PAGE } from '../mapbox/account.ts';
import { parseToken } from '../mapbox/token.ts';
import { Secret } from '../secret.ts';
import { isAccountName } from './connection.ts';
import { describeUnreadableToken } from './pasted-token.ts';
import type { InputProblems } from './problems.ts';

/** What a public token cannot do, and what a token needs that can: as each action words it. */
export interface TokenUse {
  readonly cannot: string;
  readonly needs: string;
  /** What else to say of a public token, if anything. */
  readonly hint?: string | undefined;
}

/**
 * Parses the `authorizing-token` input as far as its text tells.
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
      '`authorizing-token` is empty. Pass a secret: `authorizing-token: ${{ secrets.MAPBOX_AUTHORIZING_TOKEN }}`. ' +
        'If the workflow does so already, either the secret does not exist here (look for its name under Settings, Secrets and variables, Actions), ' +
        'or the run has none: GitHub gives no secrets to pull requests from forks, and to Dependabot only Dependabot secrets.',
    );
  }
  const claims = parseToken(text);
  if (claims === undefined) return invalid(`is not a Mapbox token: ${describeUnreadableToken(text)}`);
  const { usage, username, id, expiresAt, scopes } = claims;
  if (!isAccountName(username)) {
    return invalid(
      `is not a Mapbox token: the name of the account in it cannot be one. Create a token on ${TOKENS_PAGE} and save it in the secret.`,
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
        "Pass a new one, or a secret token (`sk.`), which does not expire. If the clock is wrong, set the runner's clock.",
    );
  }
  return { secret: new Secret(text), usage, username, id, expiresAt, scopes };
}

/** Which of the scopes an authorizing token lacks for certain: a `tk` names its scopes, an `sk` does not. */
export function missingScopes(
  { usage, scopes: held }: AuthorizingToken,
  needed: readonly string[],
): string[] {
  if (usage !== 'tk' || held === undefined) return [];
  return [...new Set(needed)].filter(scope => !held.includes(scope));
}
