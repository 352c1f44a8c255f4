import type { Account } from '../mapbox/account.ts';
import { deleteToken } from '../mapbox/delete.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { isMissing, type Refused } from '../mapbox/result.ts';
import { type GaveUp, type Patience, persist } from '../mapbox/retry.ts';
import { findTokens } from '../mapbox/tokens.ts';

/** What became of a token that was to be deleted. `left`: nobody tried, for want of time or of hope. */
export type Fate = { readonly kind: 'gone' } | { readonly kind: 'left' } | Refused | GaveUp;

/** So that one token over which Mapbox stumbles does not use up the time of all. Longer than a rate limit's interval. */
const PER_TOKEN = 90_000;

/** When this many in a row come to nothing, it is not for the tokens. */
const MOST_IN_VAIN = 2;

/**
 * Deletes tokens one after another, as fast as the rate limit lets it.
 *
 * @param tokens those that were just listed.
 * @param told hears of each token as soon as it is known what became of it.
 */
export async function removeTokens(
  account: Account,
  tokens: readonly ListedToken[],
  patience: Patience,
  told: (token: ListedToken, fate: Fate) => void,
): Promise<Fate[]> {
  const { clock, deadline } = patience;
  const remove = remover(account, patience);
  const fates: Fate[] = [];
  let inVain = 0;
  let hopeless = false;
  for (const token of tokens) {
    const fate: Fate = hopeless || clock.ticks() >= deadline ? { kind: 'left' } : await remove(token.id);
    fates.push(fate);
    told(token, fate);
    inVain = fate.kind === 'gave up' ? inVain + 1 : 0;
    hopeless ||=
      inVain >= MOST_IN_VAIN ||
      (fate.kind === 'gave up' && fate.last.kind === 'limited') ||
      (fate.kind === 'refused' && fate.why !== 'other');
  }
  return fates;
}

/**
 * Mapbox answers `not found` both for a token that is gone and to an authorizing token that may not delete. Until
 * one deletion went through, only another look at the list can tell which it is.
 */
function remover(account: Account, patience: Patience): (id: string) => Promise<Fate> {
  const { clock, deadline } = patience;
  let mayDelete = false;
  let lastSeen: ReadonlySet<string> | undefined;
  return async id => {
    if (!mayDelete && lastSeen?.has(id) === false) return { kind: 'gone' };
    const end = await persist(left => deleteToken(account, id, left), {
      ...patience,
      deadline: Math.min(deadline, clock.ticks() + PER_TOKEN),
    });
    if (end.kind === 'done') {
      mayDelete = true;
      return { kind: 'gone' };
    }
    if (!isMissing(end)) return end;
    if (mayDelete) return { kind: 'gone' };
    const found = await findTokens(account, patience, () => true);
    if (found.kind !== 'found') return found;
    lastSeen = new Set(found.tokens.map(token => token.id));
    return lastSeen.has(id) ? end : { kind: 'gone' };
  };
}
