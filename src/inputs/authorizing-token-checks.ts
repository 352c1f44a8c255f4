import { codeList, errorTitles } from '../action-error.ts';
import type { AuthorizingToken } from '../mapbox/account.ts';
import { PASS_SECRET } from '../mapbox/errors.ts';
import { missingScopes, type TokenUse } from './authorizing-token.ts';
import { type Variables, variablesHolding } from './export-env.ts';
import type { Lifetime } from './lifetime.ts';
import type { InputProblems } from './problems.ts';

/** What the main step uses the authorizing token for. */
export const MINTING: TokenUse = {
  cannot: 'create tokens',
  needs: 'the scope `tokens:write` and every scope that is requested',
};

/** Checks that the authorizing token has what it needs to grant these scopes, as far as its text tells. */
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
    `\`authorizing-token\` lacks ${codeList(missing)}. It needs \`tokens:write\` and every scope that it is to grant. ${hint}`,
  );
}

/**
 * Says that an authorizing token may be one that an earlier step of this action created, if a variable of the job has
 * the same text.
 */
export function exportedTokenHint(text: string, env: Variables): string | undefined {
  const [name] = variablesHolding(text, env);
  if (name === undefined) return undefined;
  return `The variable \`${name}\` has the same text, so it may be the token that an earlier step of this action exported. ${PASS_SECRET}`;
}

/** Warns of a temporary authorizing token that may expire before the job's end, when it is needed again. */
export function expiryWarnings({ expiresAt }: AuthorizingToken, lifetime: Lifetime): string[] {
  if (expiresAt === undefined || lifetime.kind !== 'job') return [];
  return [
    `\`authorizing-token\` is a temporary token that expires at ${expiresAt.toISOString()}. If the job runs longer, ` +
      'its token can no longer be deleted when it ends. Use a secret token (`sk.`), or a lifetime such as `20m`.',
  ];
}
