import type { AuthorizingToken } from '../mapbox/account.ts';
import { parseToken } from '../mapbox/token.ts';
import { Secret } from '../secret.ts';
import type { CleanupState } from './state.ts';

/** The post step's authorizing token, or why it is not used. */
export type PostAuthorizingToken = AuthorizingToken | { readonly unusable: string };

/**
 * Checks that the post step's `authorizing-token` input can delete what the main step created: the runner evaluates
 * inputs again, and a token of another account must not be sent anywhere.
 *
 * @param state the main step's saved state, if it saved one.
 * @param actionPath `GITHUB_ACTION_PATH` of the post step.
 * @param now milliseconds since 1970.
 */
export function checkAuthorizingToken(
  input: string,
  state: Pick<CleanupState, 'authorizingToken' | 'actionPath'> | undefined,
  actionPath: string,
  now: number,
): PostAuthorizingToken {
  const text = input.trim();
  const changed = (what: string) => ({
    unusable: describeChange('`authorizing-token`', `${what}, unlike the main step's`, state, actionPath),
  });
  if (text === '') return changed('is empty');
  const claims = parseToken(text);
  if (claims === undefined) return changed('is not a Mapbox token');
  const { usage, username, id, expiresAt, scopes } = claims;
  if (usage === 'pk') return changed('is a public token');
  if (state !== undefined && username !== state.authorizingToken.username)
    return changed('belongs to another account');
  if (expiresAt !== undefined && expiresAt.getTime() <= now) {
    return {
      unusable: `The \`authorizing-token\`, a temporary token, expired at ${expiresAt.toISOString()} (the runner's clock says ${new Date(now).toISOString()}). Use a secret token (\`sk.\`), or a lifetime such as \`20m\`.`,
    };
  }
  return { secret: new Secret(text), usage, username, id, expiresAt, scopes };
}

/** Describes how an input of the post step differs from the main step's, the likely reason, and what to do. */
export function describeChange(
  input: keyof typeof STABLE_VALUES,
  what: string,
  state: Pick<CleanupState, 'actionPath'> | undefined,
  actionPath: string,
): string {
  const isNested = state !== undefined && actionPath !== state.actionPath;
  return `The post step's ${input} ${what}, so nothing was sent to Mapbox. ${isNested ? NESTED_ACTION : `${CHANGED_VARIABLE} ${STABLE_VALUES[input]}`}`;
}

const CHANGED_VARIABLE =
  'The runner evaluates inputs again for the post step: if this one comes from a variable (`${{ env.X }}`), a later step changed the variable. Use a value that does not change, such as';

const STABLE_VALUES = {
  '`authorizing-token`': 'the secret itself: `${{ secrets.MAPBOX_AUTHORIZING_TOKEN }}`.',
  '`api-url`': 'the address itself.',
} as const;

const NESTED_ACTION =
  'The action runs in a local composite action that another composite action uses with `./`, and there the runner gives the post step the inputs of the outer one (https://github.com/actions/runner/issues/2030). ' +
  'Four ways out: give the input the same name in both composite actions; use the inner one as `owner/repo/path@ref`; use it as `$/path` in place of `./path` (runner 2.336.0 or newer); or set the value as a variable in `env` of the job and use `${{ env.NAME }}`.';
