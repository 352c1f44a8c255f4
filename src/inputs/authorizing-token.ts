import { errorTitles } from '../errors/action-error.ts';
import { type AuthorizingToken, TOKENS_PAGE } from '../mapbox/account.ts';
import { parseToken } from '../mapbox/token.ts';
import type { Runner } from '../runner/runner.ts';
import { extractTokens, Secret } from '../secret.ts';
import type { InputProblems } from './problems.ts';

/** What a public token cannot do, and what a token needs that can: as each action words it. */
export interface TokenUse {
  readonly cannot: string;
  readonly needs: string;
}

const MINTING: TokenUse = {
  cannot: 'create tokens',
  needs: 'the scope `tokens:write` and every scope that is asked for',
};

/** Reads the `authorizing-token` input as far as its text tells. */
export function parseAuthorizingToken(
  input: string,
  now: number,
  problems: InputProblems,
  { cannot, needs } = MINTING,
): AuthorizingToken | undefined {
  const text = input.trim();
  const invalid = (message: string) => problems.add(errorTitles.invalidAuthorizingToken, message);
  if (text === '') {
    return problems.add(
      errorTitles.missingAuthorizingToken,
      '`authorizing-token` is empty. Hand it a secret: `authorizing-token: ${{ secrets.MAPBOX_AUTHORIZING_TOKEN }}`. ' +
        'If it does so already, either the secret does not exist here (look for its name under Settings, Secrets and variables, Actions), ' +
        'or the run has none: GitHub gives no secrets to pull requests from forks, and to Dependabot only Dependabot secrets.',
    );
  }
  const claims = parseToken(text);
  if (claims === undefined) {
    return invalid(
      '`authorizing-token` is not a Mapbox token: one begins with `sk.` (or `tk.`) and has three parts with dots between. ' +
        `Copy it again from ${TOKENS_PAGE} into the secret.`,
    );
  }
  const { usage, username, id, expiresAt } = claims;
  if (usage === 'pk') {
    return invalid(
      `\`authorizing-token\` is a public token (\`pk.\`), which cannot ${cannot}. Use a secret token (\`sk.\`) with ${needs}.`,
    );
  }
  if (expiresAt !== undefined && expiresAt.getTime() <= now) {
    return invalid(
      `\`authorizing-token\` is a temporary token that expired at ${expiresAt.toISOString()}. Hand over a fresh one, or a secret token (\`sk.\`), which does not expire.`,
    );
  }
  return { secret: new Secret(text), usage, username, id, expiresAt, scopes: claims.scopes };
}

/** Which of the scopes an authorizing token lacks for certain: the text of a `tk` tells, an `sk` keeps it to itself. */
export function missingScopes(
  { usage, scopes: held }: AuthorizingToken,
  needed: readonly string[],
): string[] {
  if (usage !== 'tk' || held === undefined) return [];
  return [...new Set(needed)].filter(scope => !held.includes(scope));
}

/** Hides the authorizing token, in whatever shape it was handed over. */
export function maskAuthorizingToken(runner: Runner): void {
  const input = runner.getInput('authorizing-token');
  for (const text of [input, input.trim(), ...extractTokens(input)]) runner.mask(new Secret(text));
}
