import type { Clock } from '../clock.ts';
import { Failure, titles } from '../errors/action-error.ts';
import { explainGivingUp, titleOf } from '../errors/api-error.ts';
import { diagnose } from '../errors/rejection.ts';
import type { Access } from '../inputs/connection.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import type { Refused } from '../mapbox/result.ts';
import type { GaveUp } from '../mapbox/retry.ts';
import type { Fate } from './delete-tokens.ts';
import { counted } from './report.ts';

const RENEW =
  'The scopes of a token cannot be changed on the Tokens page: create one with `tokens:read` and `tokens:write` ' +
  `on ${TOKENS_PAGE} and put it into the secret.`;

/** Told by the list itself, before anything is done in vain. */
export function checkOwnScopes(own: ListedToken | undefined): void {
  if (own === undefined || !own.scopes.includes('tokens:read') || own.scopes.includes('tokens:write')) return;
  throw new Failure(
    titles.authorizerLacksScopes,
    `The authorizing token lacks \`tokens:write\`, so nothing can be deleted. ${RENEW}`,
  );
}

export async function listFailure(
  end: Refused | GaveUp,
  access: Access,
  account: Account,
  clock: Clock,
): Promise<Failure> {
  if (end.kind === 'gave up') {
    return new Failure(
      titleOf(end.last),
      `The tokens could not be listed. ${explainGivingUp(end)} Nothing was deleted; the next sweep tries again.`,
    );
  }
  if (end.documented && end.why === 'not found' && access.username === access.authorizer.username) {
    return new Failure(
      titles.notFound,
      `Mapbox answered 404 Not Found to the list of tokens: the authorizing token lacks \`tokens:read\`. ${RENEW}`,
    );
  }
  return refusal(end, access, account, clock);
}

/** Why tokens are still alive that could have been deleted; `undefined` where only the time was up. */
export async function deletionFailure(
  fates: readonly Fate[],
  access: Access,
  account: Account,
  clock: Clock,
): Promise<Failure | undefined> {
  const deleted = fates.filter(({ kind }) => kind === 'gone').length;
  const so = `Deleted ${deleted} of ${counted(fates.length, 'token')} whose runs are over.`;
  const refused = fates.find(fate => fate.kind === 'refused');
  if (refused !== undefined) {
    if (refused.documented && refused.why === 'not found') {
      return new Failure(
        titles.notFound,
        `Mapbox answered 404 Not Found to the deletion of a token that is there: the authorizing token lacks \`tokens:write\`. ${so} ${RENEW}`,
      );
    }
    const { title, message } = await refusal(refused, access, account, clock);
    return new Failure(title, `${message} ${so}`);
  }
  const gaveUp = fates.find(fate => fate.kind === 'gave up' && fate.last.kind !== 'limited');
  if (gaveUp?.kind !== 'gave up') return undefined;
  return new Failure(
    titleOf(gaveUp.last),
    `${explainGivingUp(gaveUp)} ${so} The next sweep goes on with the others.`,
  );
}

async function refusal(
  refused: Refused,
  { authorizer }: Access,
  account: Account,
  clock: Clock,
): Promise<Failure> {
  if (refused.documented && refused.why === 'other') {
    return new Failure(titles.requestRefused, `Mapbox refuses the request with ${refused.status}.`);
  }
  return diagnose(refused, [], authorizer, account, clock);
}
