import { clearLost, isMissing, removeToken, whatIsLeft } from '../cleanup/orphans.ts';
import type { Trail } from '../cleanup/state.ts';
import { Failure, titles } from '../errors/action-error.ts';
import { diagnose } from '../errors/rejection.ts';
import { spoken } from '../inputs/lifetime.ts';
import type { Access, Wanted } from '../inputs/main-inputs.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { type Created, createStored, createTemporary } from '../mapbox/create.ts';
import { explainGivingUp, titleOf } from '../mapbox/describe.ts';
import type { Refused } from '../mapbox/result.ts';
import { type Patience, persist } from '../mapbox/retry.ts';
import { isTokenId } from '../mapbox/token.ts';
import { jobMark, jobNote, permanentNote, type Run } from '../note.ts';
import type { GaveUp } from '../setback.ts';
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
/** A token that is not handed on is deleted even if the step's time is up; after that the post step tries. */
export const GRACE = 10_000;

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

/** The id in Mapbox's answer, if it has the form of one and is not that of the token which asked. */
function ownId({ id }: Created, authorizer: Access['authorizer']): string | undefined {
  return id !== undefined && isTokenId(id) && id !== authorizer.id ? id : undefined;
}

/**
 * The id of a token that is not handed on, if the token's own text confirms it: an answer that is wrong in one thing
 * may be wrong in its id, too, and name somebody's production key.
 */
function confirmedId(
  created: Created,
  authorizer: Access['authorizer'],
  username: string,
): string | undefined {
  const id = ownId(created, authorizer);
  const { claims } = created;
  return claims?.id === id && claims?.username === username ? id : undefined;
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
      const expires = new Date(clock.now() + ahead + longest(wanted.seconds) * 1000);
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
  if (end.kind !== 'done') throw await failureAfter(end, wanted.scopes, authorizer, account, patience);
  const { value } = end;
  const minted = judge(value, wanted, username, authorizer);
  if (!('fault' in minted)) return minted;
  const stored = [value.claims?.usage, value.usage].some(usage => usage === 'pk' || usage === 'sk');
  const fate = stored
    ? await discardStranger(
        account,
        ownId(value, authorizer),
        confirmedId(value, authorizer, username),
        graced(patience),
      )
    : 'A temporary token expires by itself.';
  throw new Failure(
    titles.badAnswer,
    `Mapbox made a token, but ${minted.fault}. It was not handed on. ${fate}`,
  );
}

/**
 * Deletes a stored token that came where a temporary one was asked for, and says what became of it.
 *
 * @param told its id as the answer says it, and `confirmed` as its own text does.
 */
async function discardStranger(
  account: Account,
  told: string | undefined,
  confirmed: string | undefined,
  patience: Patience,
): Promise<string> {
  const end = confirmed === undefined ? undefined : await removeToken(account, confirmed, patience);
  if (end?.kind === 'gone' && end.found) return 'It was deleted.';
  const which = told === undefined ? 'a token was' : `the token ${told} was`;
  return `It may still be alive: look on the Tokens page, ${TOKENS_PAGE}, whether ${which} made just now.`;
}

/** Mapbox measures the hour from when the request arrives, by its own clock: a full one would often be refused. */
function longest(seconds: number): number {
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

async function failureAfter(
  end: Refused | GaveUp,
  scopes: readonly string[],
  authorizer: Access['authorizer'],
  account: Account,
  { clock }: Patience,
): Promise<Failure> {
  if (end.kind === 'refused') return diagnose(end, scopes, authorizer, account, clock);
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
  const deleted = { gone: true, words: 'It was deleted.' };
  const alive = {
    gone: false,
    words: `It may still be alive: look for the note "${note}" on the Tokens page, ${TOKENS_PAGE}, and delete it there.`,
  };
  if (id !== undefined) {
    const end = await removeToken(account, id, patience);
    if (end.kind !== 'gone') return alive;
    if (end.found) return deleted;
    // Not found is not deleted: nobody but us knows of this token.
  }
  if (mark === undefined) return alive;
  const end = await clearLost(account, mark, patience);
  return end.kind === 'cleared' && end.deleted.length > 0 && end.alive.length === 0 ? deleted : alive;
}

function shortened(patience: Patience, most: number): Patience {
  return { ...patience, deadline: Math.min(patience.deadline, patience.clock.ticks() + most) };
}

function graced(patience: Patience): Patience {
  return { ...patience, deadline: patience.clock.ticks() + GRACE };
}
