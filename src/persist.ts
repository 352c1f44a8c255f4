import type { Clock } from './clock.ts';
import { explain } from './explain.ts';
import { spoken } from './lifetime.ts';
import type { Done, Outcome, Refused, Unknown } from './mapbox/outcome.ts';
import type { GaveUp, Setback } from './setback.ts';

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
/** Something that answers, but is not Mapbox, seldom becomes Mapbox. */
const UNREADABLE_ATTEMPTS = 3;
/** What is wrong with a certificate or with a proxy's password does not mend itself, and no more does a defect. */
const LASTING = /CERT|SIGNATURE|SELF_SIGNED|ERR_TLS|PROXY_4\d\d|^UNKNOWN$/;

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
    const pause =
      outcome.kind === 'limited'
        ? outcome.wait + fraction() * (outcome.interval / 10)
        : fraction() * Math.min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE, left);
    if (left - pause < SHORTEST_TRY || isLasting(outcome, attempts)) {
      return { kind: 'gave up', last: outcome, attempts, spent: clock.ticks() - start };
    }
    report(`${explain(outcome)} Trying again in ${spoken(pause)}, for ${spoken(left)} at most.`);
    if (outcome.kind === 'unknown') await afterUnknown(outcome);
    await clock.sleep(pause);
  }
}

function isLasting(outcome: Setback, attempts: number): boolean {
  if (outcome.kind === 'unsent') return LASTING.test(outcome.code);
  return (
    outcome.kind === 'unknown' && outcome.trouble.kind === 'unreadable' && attempts >= UNREADABLE_ATTEMPTS
  );
}
