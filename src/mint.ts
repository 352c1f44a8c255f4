import { diagnose } from './diagnose.ts';
import { explainGivingUp, titleOf } from './explain.ts';
import { Failure, titles } from './failure.ts';
import type { Access, Wanted } from './inputs.ts';
import { judge, type Minted } from './judge.ts';
import { spoken } from './lifetime.ts';
import { clearLost, removeToken, whatIsLeft } from './lost.ts';
import type { Account } from './mapbox/account.ts';
import { createStored, createTemporary } from './mapbox/create.ts';
import type { Refused } from './mapbox/outcome.ts';
import { isTokenId } from './mapbox/token.ts';
import { jobMark, jobNote, permanentNote, type Run } from './note.ts';
import { type Patience, persist } from './persist.ts';
import type { GaveUp } from './setback.ts';
import type { Trail } from './trail.ts';

/** What minting needs of the world. */
export interface Mint {
  readonly account: Account;
  readonly patience: Patience;
  /** Keeps the trail for the post step, in place of the one before; `undefined` when there is nothing to clean up. */
  readonly keep: (trail: Trail | undefined) => void;
  readonly warn: (text: string) => void;
}

/** Looking for what a lost attempt made must not use up the time in which to repeat it. */
const CLEARING = 15_000;
/** A token that is not handed on is deleted even if the step's time is up; after that the post step tries. */
const GRACE = 10_000;

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
  let trail: Trail = { username, note, mark, id: undefined, lost: false };
  const update = (change: Partial<Trail>) => {
    trail = { ...trail, ...change };
    keep(trail);
  };
  /** Whether the account could not be searched, for want of `tokens:read`. */
  let blind = false;

  keep(trail);
  const end = await persist(
    async left => {
      const outcome = await createStored(account, { ...wanted, note }, left);
      // A refusal that Mapbox did not write says nothing of what Mapbox did.
      if (outcome.kind === 'unknown' || (outcome.kind === 'refused' && !outcome.documented))
        update({ lost: true });
      return outcome;
    },
    patience,
    async () => {
      if (mark === undefined || blind) return;
      const cleared = await clearLost(account, mark, shortened(patience, CLEARING));
      blind = cleared.kind === 'refused';
    },
  );

  if (end.kind !== 'done') {
    if (!trail.lost) keep(undefined);
    throw await failureOf(end, wanted.scopes, authorizer, account, patience);
  }
  const { id, claims } = end.value;
  if (id !== undefined && isTokenId(id)) update({ id });
  const minted = judge(end.value, wanted, username);
  if ('fault' in minted) {
    // Only an id that the token itself confirms is deleted by: a wrong answer may name somebody's production key.
    const ours = claims?.id === trail.id ? trail.id : undefined;
    const lostBefore = trail.lost;
    if (ours === undefined) update({ id: undefined, lost: true });
    const fate = await discard(account, ours, trail, graced(patience));
    if (fate.gone && lostBefore) update({ id: undefined, lost: true });
    else if (fate.gone) keep(undefined);
    throw new Failure(
      titles.badAnswer,
      `Mapbox made a token, but ${minted.fault}. It was not handed on. ${fate.words}`,
    );
  }
  if (trail.lost && (blind || mark === undefined)) {
    warn(await whatIsLeft(account, trail, patience));
    update({ lost: false });
  }
  return minted;
}

/**
 * Mints a token that expires by itself. One request when all is well; repeating it is harmless.
 *
 * @throws {Failure} when there is no token to hand on.
 */
export async function mintTemporary(
  { authorizer, username }: Access,
  wanted: Wanted & { kind: 'temporary' },
  { account, patience }: Pick<Mint, 'account' | 'patience'>,
): Promise<Minted> {
  const { clock, report } = patience;
  const ask = (ahead: number) =>
    persist(left => {
      const expires = new Date(clock.now() + ahead + within(wanted.seconds) * 1000);
      return createTemporary(account, { scopes: wanted.scopes, expires }, left);
    }, patience);

  let end = await ask(0);
  const ahead = end.kind === 'refused' ? correction(end, clock.now()) : undefined;
  if (ahead !== undefined) {
    report(
      `The runner's clock is ${spoken(Math.abs(ahead))} ${ahead < 0 ? 'ahead of' : 'behind'} Mapbox's. Asking again by Mapbox's clock.`,
    );
    end = await ask(ahead);
  }
  if (end.kind !== 'done') throw await failureOf(end, wanted.scopes, authorizer, account, patience);
  const minted = judge(end.value, wanted, username);
  if ('fault' in minted) {
    throw new Failure(
      titles.badAnswer,
      `Mapbox made a token, but ${minted.fault}. It was not handed on; a temporary token expires by itself.`,
    );
  }
  return minted;
}

/** Mapbox measures the hour from when the request arrives, by its own clock: a full one would often be refused. */
function within(seconds: number): number {
  return Math.min(seconds, 3600 - 15);
}

/** More than this is no drift: the runner's clock is wrong, and other things will fail over it. */
const LARGEST_SKEW = 3_600_000;

/** Milliseconds to add to the runner's clock, where Mapbox refused the expiry and its `Date` explains why. */
function correction({ why, date }: Refused, now: number): number | undefined {
  if (why !== 'expires in the past' && why !== 'expires too far ahead') return undefined;
  if (date === undefined) return undefined;
  // `Date` is cut to whole seconds, and the next request takes its time.
  const ahead = date.getTime() - now - (why === 'expires too far ahead' ? 1000 : 0);
  return Math.abs(ahead) <= LARGEST_SKEW ? ahead : undefined;
}

async function failureOf(
  end: Refused | GaveUp,
  scopes: readonly string[],
  authorizer: Access['authorizer'],
  account: Account,
  { clock }: Patience,
): Promise<Failure> {
  if (end.kind === 'refused') return diagnose(end, scopes, authorizer, account, clock.now());
  const { last } = end;
  const advice =
    last.kind === 'limited'
      ? 'Raise `timeout` above that, or have fewer jobs mint at the same time.'
      : 'See https://status.mapbox.com, or raise `timeout` and run the job again.';
  return new Failure(titleOf(last), `${explainGivingUp(end)} ${advice}`);
}

/** Deletes a token that is not handed on, and says what became of it. */
async function discard(
  account: Account,
  id: string | undefined,
  { mark, note }: Trail,
  patience: Patience,
): Promise<{ readonly gone: boolean; readonly words: string }> {
  if (id !== undefined) {
    const end = await removeToken(account, id, patience);
    if (end.kind === 'gone') return { gone: true, words: 'It was deleted.' };
  } else if (mark !== undefined) {
    const end = await clearLost(account, mark, patience);
    if (end.kind === 'cleared' && end.deleted.length > 0 && end.alive.length === 0) {
      return { gone: true, words: 'It was deleted.' };
    }
  }
  return {
    gone: false,
    words: `It may still be alive: look for the note "${note}" on the account's Tokens page.`,
  };
}

function shortened(patience: Patience, most: number): Patience {
  return { ...patience, deadline: Math.min(patience.deadline, patience.clock.ticks() + most) };
}

function graced(patience: Patience): Patience {
  return { ...patience, deadline: patience.clock.ticks() + GRACE };
}
