import type { Clock } from '../clock.ts';
import { spoken } from '../duration.ts';
import { explain } from './describe.ts';
import type { Done, Outcome, Refused, Setback, Unknown } from './result.ts';

/** Nothing came of it in time, or no further try could help. */
export interface GaveUp {
  readonly kind: 'gave up';
  readonly last: Setback;
  readonly attempts: number;
  /** How long it was tried, in milliseconds. */
  readonly spent: number;
}

/** How long and how patiently something is tried. */
export interface Patience {
  readonly clock: Clock;
  /** A fraction from 0 up to, not including, 1. */
  readonly fraction: () => number;
  /** When to stop trying, in the clock's ticks. */
  readonly deadline: number;
  /** Told before each wait, in a line for the log. */
  readonly report: (line: string) => void;
}

const FIRST_PAUSE = 500;

const LONGEST_PAUSE = 30_000;

/** With less than this left, another try would only be cut off. */
const SHORTEST_TRY = 250;

/** A last try that is made for a rate limit gets this long. */
const LAST_TRY = 5_000;

/** Something that answers, but is not Mapbox, seldom becomes Mapbox. */
const UNREADABLE_ATTEMPTS = 3;

/** What is wrong with a certificate, with a proxy's password or with a port does not mend itself, nor does a defect. */
const LASTING =
  /^(?!.*_ALERT_).*(?:CERT|SIGNATURE|SELF_SIGNED|ERR_TLS|ERR_SSL_WRONG_VERSION|PROXY_4\d\d)|^UNKNOWN$/;

/**
 * Tries until it is done or refused, or time is up. Waits for a rate limit as long as its own clock says, spread
 * over a tenth of its interval so that a matrix of jobs does not come back as one; for everything else it backs
 * off exponentially with full jitter.
 *
 * @param attempt one request; gets the milliseconds left.
 * @param afterUnknown runs before anything of unknown outcome is repeated.
 */
export async function persist<T>(
  attempt: (left: number) => Promise<Outcome<T>>,
  { clock, fraction, deadline, report }: Patience,
  afterUnknown: (last: Unknown) => Promise<void> = async () => {},
): Promise<Done<T> | Refused | GaveUp> {
  const start = clock.ticks();
  for (let attempts = 1; ; attempts++) {
    const outcome = await attempt(deadline - clock.ticks());
    if (outcome.kind === 'done' || outcome.kind === 'refused') return outcome;
    const left = deadline - clock.ticks();
    const giveUp = (): GaveUp => ({ kind: 'gave up', last: outcome, attempts, spent: clock.ticks() - start });
    const { soonest, spread } = nextTry(outcome, attempts, left);
    const pause = soonest + fraction() * spread;
    if (left - pause < SHORTEST_TRY || isLasting(outcome, attempts)) return giveUp();
    report(`${explain(outcome)} Trying again in ${spoken(pause)}, for ${spoken(left)} at most.`);
    if (outcome.kind === 'unknown') await afterUnknown(outcome);
    const rest = deadline - clock.ticks() - SHORTEST_TRY;
    if (rest < 0) return giveUp();
    await clock.sleep(Math.min(pause, rest));
  }
}

/** When to try again at the earliest, and within how many milliseconds from then. */
function nextTry(outcome: Setback, attempts: number, left: number): { soonest: number; spread: number } {
  if (outcome.kind !== 'limited') {
    return { soonest: 0, spread: Math.min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE, left) };
  }
  const { wait, interval, guessed } = outcome;
  // A post step has hardly more time than the limit's interval. What is not left cannot be waited or spread over; but
  // a limit that does not say when it resets may do so before the time is up.
  const latest = Math.max(0, left - LAST_TRY);
  const soonest = guessed && latest > 0 ? Math.min(wait, latest) : wait;
  return { soonest, spread: Math.min(interval / 10, Math.max(0, latest - soonest)) };
}

function isLasting(outcome: Setback, attempts: number): boolean {
  if (outcome.kind === 'unsent') return LASTING.test(outcome.code);
  return (
    outcome.kind === 'unknown' && outcome.trouble.kind === 'unreadable' && attempts >= UNREADABLE_ATTEMPTS
  );
}

export function shortened(patience: Patience, most: number): Patience {
  return { ...patience, deadline: Math.min(patience.deadline, patience.clock.ticks() + most) };
}
