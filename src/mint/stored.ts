import { clearLost, whatIsLeft } from '../cleanup/orphans.ts';
import type { Trail } from '../cleanup/state.ts';
import { Failure, titles } from '../errors/action-error.ts';
import { failureAfter } from '../errors/api-error.ts';
import type { Access } from '../inputs/connection.ts';
import type { Wanted } from '../inputs/token-request.ts';
import type { Account } from '../mapbox/account.ts';
import { createStored } from '../mapbox/create.ts';
import { isMissing } from '../mapbox/result.ts';
import { type Patience, persist, shortened } from '../mapbox/retry.ts';
import { jobMark, jobNote, permanentNote } from '../note.ts';
import type { Run } from '../runtime/workflow-run.ts';
import { confirmedId, discard, graced, ownId } from './discard.ts';
import { judge, type Minted } from './verify.ts';

/** What minting needs of the world. */
export interface Mint {
  readonly account: Account;
  readonly patience: Patience;
  /**
   * Keeps the trail for the post step, in place of the one before; `undefined` when there is nothing to clean up.
   * Throws where that cannot be written.
   */
  readonly keep: (trail: Trail | undefined) => void;
  readonly warn: (text: string) => void;
}

/** Looking for what a lost attempt made must not use up the time in which to repeat it. */
const CLEARING = 15_000;

/**
 * Mints a token that lives until it is deleted. One request when all is well.
 *
 * The trail is kept before the first request leaves, and again as soon as the token's id is known, so that the
 * post step finds the token whenever this one is interrupted.
 *
 * @throws {Failure} when there is no token to hand on.
 */
export async function mintStored(
  { authorizer, username }: Access,
  wanted: Wanted & { kind: 'stored' },
  run: Run,
  nonce: string,
  { account, patience, keep, warn }: Mint,
): Promise<Minted> {
  const mark = wanted.untilJobEnds ? jobMark(run, nonce) : undefined;
  const note = mark === undefined ? permanentNote(wanted.note, run) : jobNote(wanted.note, mark);
  let trail: Trail = { username, note, mark, id: undefined, lost: 0 };
  const update = (change: Partial<Trail>) => {
    trail = { ...trail, ...change };
    keep(trail);
  };
  /** How many attempts may have made a token that nobody holds. */
  let lost = 0;
  /** What was found of them. A list that is stale shows a token again that is deleted: no loss is made good twice. */
  const found = new Set<string>();
  /** Whether the account could not be searched, for want of `tokens:read`. */
  let blind = false;

  const end = await persist(
    async left => {
      if (trail.lost !== lost + 1) update({ lost: lost + 1 });
      const outcome = await createStored(account, { ...wanted, note }, left);
      // A refusal that Mapbox did not write says nothing of what Mapbox did.
      if (outcome.kind === 'unknown' || (outcome.kind === 'refused' && !outcome.documented)) lost++;
      else if (outcome.kind !== 'done') update({ lost });
      return outcome;
    },
    patience,
    async () => {
      if (mark === undefined || blind) return;
      const cleared = await clearLost(account, mark, shortened(patience, CLEARING));
      if (cleared.kind !== 'cleared') {
        blind = isMissing(cleared);
        return;
      }
      const fresh = cleared.deleted.filter(id => !found.has(id));
      for (const id of fresh) found.add(id);
      lost = Math.max(0, lost - fresh.length);
    },
  );

  if (end.kind !== 'done') {
    if (lost === 0) forget(keep);
    throw await failureAfter(end, wanted.scopes, authorizer, account, patience);
  }
  const { value } = end;
  const id = ownId(value, authorizer);
  const ours = confirmedId(value, authorizer, username);
  try {
    update({ id, lost: id === undefined ? lost + 1 : lost });
  } catch (error) {
    const fate = await discard(account, ours, trail, graced(patience));
    if (fate.gone && lost === 0) forget(keep);
    const why = error instanceof Failure ? error.message : 'The trail for the post step could not be kept.';
    throw new Failure(titles.handOver, `${why} The token was not handed on. ${fate.words}`);
  }
  const minted = judge(value, wanted, username, authorizer);
  if ('fault' in minted) {
    // Without an id of its own, what was made is as good as lost.
    if (ours === undefined) update({ id: undefined, lost: lost + 1 });
    const fate = await discard(account, ours, trail, graced(patience));
    if (fate.gone && lost > 0) update({ id: undefined });
    else if (fate.gone) forget(keep);
    throw new Failure(
      titles.badAnswer,
      `Mapbox made a token, but ${minted.fault}. It was not handed on. ${fate.words}`,
    );
  }
  const unmarked = minted.usage !== 'tk' && mark !== undefined && !minted.note.endsWith(mark);
  if (unmarked) {
    warn(
      `Mapbox stored the note otherwise than it was sent, without "${mark}" at its end. The post step deletes the token by its id all the same, but the sweep could not find it.`,
    );
  }
  if (lost > 0 && (blind || unmarked || mark === undefined)) {
    const searched = blind ? trail : { ...trail, mark: undefined };
    warn(await whatIsLeft(account, searched, shortened(patience, CLEARING)));
    update({ lost: 0 });
  }
  return minted;
}

/** There is nothing left to clean up. Where that cannot be written, the post step finds nothing, and that is all. */
function forget(keep: Mint['keep']): void {
  try {
    keep(undefined);
  } catch {}
}
