import type { Clock } from '../clock.ts';
import { formatDuration } from '../duration.ts';
import { isCertificateCode } from '../http/error-codes.ts';
import { exponentialDelay, LAST_ATTEMPT_MS, rateLimitDelay } from './backoff.ts';
import { describeResult } from './describe.ts';
import type { RequestBudget } from './request-budget.ts';
import type { Indeterminate, Rejection, RetriesExhausted, Retryable, Service, Success } from './result.ts';

/** How long to keep trying. Times are the clock's monotonic milliseconds. */
export interface RetryOptions {
  readonly service: Service;
  readonly clock: Clock;
  /** A fraction from 0 up to, not including, 1. */
  readonly random: () => number;
  /** When to stop trying. */
  readonly deadline: number;
  /** When to stop retrying failures other than rate limits, if that is earlier. Waits for rate limits postpone it. */
  readonly failureDeadline: number;
  /** The request budget of the whole step. */
  readonly budget: RequestBudget;
  /** After how many responses that are not the API's to give up; {@link MAX_UNREADABLE_ATTEMPTS} by default. */
  readonly maxUnreadable?: number;
  /** How many further requests an attempt may need to send; none by default. */
  readonly followUps?: number;
  /** How many of the first attempts do not count against the budget; none by default. */
  readonly freeAttempts?: number;
  /** Called with a line for the log before each wait. */
  readonly log: (line: string) => void;
}

/** With less time left than this, another attempt would only time out. */
const MIN_ATTEMPT_MS = 250;

/** More attempts rarely help once a proxy responds instead of the API. */
const MAX_UNREADABLE_ATTEMPTS = 3;

/** More attempts rarely help if DNS does not know a name; a few cover a resolver that is still starting. */
const MAX_UNKNOWN_NAME_MS = 12_000;

/**
 * Credential and port errors are permanent, like certificate errors, and so are bugs and requests past their deadline
 * (`TOO_LATE`). A proxy's 408, 425 and 429 are not.
 */
const PERMANENT_CODES = /ERR_SSL_WRONG_VERSION|WEBASSEMBLY|PROXY_4(?!08|25|29)\d\d|^(?:UNKNOWN|TOO_LATE)$/;

/**
 * Retries until an attempt succeeds or is rejected, or time is up. Waits as long as a rate limit demands, and uses
 * exponential back-off with full jitter after other failures [backoff.ts].
 *
 * @param attempt sends one request, given the milliseconds left.
 * @param beforeRetry runs before a request of unknown outcome is repeated. It may send one request that counts against
 * the budget.
 */
export async function retry<T, R extends Rejection>(
  attempt: (timeoutMs: number) => Promise<Success<T> | R | Retryable>,
  options: RetryOptions,
  beforeRetry?: (last: Indeterminate) => Promise<void>,
): Promise<Success<T> | R | RetriesExhausted> {
  const { service, clock, budget, log, maxUnreadable = MAX_UNREADABLE_ATTEMPTS, freeAttempts = 0 } = options;
  const start = clock.monotonic();
  let rateLimits = 0;
  let unreadable = 0;
  let remaining = deadlineForFailures(options) - start;
  const room = freeAttempts > 0 ? 0 : budget.delay(start);
  if (room > 0 && room < remaining) {
    await clock.sleep(room);
    remaining -= room;
  }
  for (let attempts = 1; ; attempts++) {
    const result = await attempt(remaining);
    if (result.kind === 'success' || result.kind === 'rejected') return result;
    const exhausted = (): RetriesExhausted => ({
      kind: 'retries-exhausted',
      service,
      last: result,
      attempts,
      elapsed: clock.monotonic() - start,
    });
    const rateLimited = result.kind === 'rate-limited';
    if (rateLimited) rateLimits++;
    if (isUnreadable(result)) unreadable++;
    const isFree = attempts < freeAttempts;
    const cleanUps = result.kind === 'indeterminate' && beforeRetry !== undefined ? 1 : 0;
    const deadline = rateLimited ? options.deadline : deadlineForFailures(options);
    const left = deadline - clock.monotonic();
    const pause = nextDelay(result, rateLimited ? rateLimits : attempts, left, cleanUps, isFree, options);
    const isHopeless = unreadable >= maxUnreadable || isPermanent(result, clock.monotonic() + pause - start);
    if (left - pause < MIN_ATTEMPT_MS || isHopeless) return exhausted();
    const promised = timeLeft(result, left, start + MAX_UNKNOWN_NAME_MS - clock.monotonic());
    log(
      `${describeResult(result, service)} Retrying in ${formatDuration(pause)} (${formatDuration(promised)} left).`,
    );
    if (result.kind === 'indeterminate') await beforeRetry?.(result);
    const rest = deadline - clock.monotonic() - MIN_ATTEMPT_MS;
    // The clean-up may have sent more requests than planned.
    const room = isFree ? 0 : budget.delay(clock.monotonic());
    if (rest < room) return exhausted();
    await clock.sleep(Math.max(Math.min(pause, rest), room));
    if (rateLimited) budget.waitedForRateLimit(Math.min(pause, rest));
    remaining = deadlineForFailures(options) - clock.monotonic();
    // After a rate limit there may be little time left for failures, but enough for a response.
    remaining = Math.max(remaining, Math.min(LAST_ATTEMPT_MS, deadline - clock.monotonic()));
  }
}

/** Whether an attempt after a pause of this many milliseconds would still be in time. */
export function hasTimeFor(pause: number, options: RetryOptions): boolean {
  return deadlineForFailures(options) - options.clock.monotonic() - pause >= MIN_ATTEMPT_MS;
}

function deadlineForFailures({ deadline, failureDeadline, budget }: RetryOptions): number {
  return Math.min(deadline, failureDeadline + budget.rateLimitedMs);
}

/**
 * How long to wait; longer than `remaining` if waiting is useless.
 *
 * @param isFree whether the next attempt does not count against the budget.
 */
function nextDelay(
  result: Retryable,
  failures: number,
  remaining: number,
  cleanUps: number,
  isFree: boolean,
  { clock, random, budget, followUps = 0 }: RetryOptions,
): number {
  const state = { failures, remaining, random: random() };
  const delay =
    result.kind === 'rate-limited'
      ? rateLimitDelay(result, state)
      : Math.max(exponentialDelay(state), (result.kind === 'indeterminate' && result.minDelay) || 0);
  if (isFree) return delay;
  const roomFor = (requests: number) => budget.delay(clock.monotonic(), requests);
  if (roomFor(cleanUps) > 0) return Number.POSITIVE_INFINITY;
  const next = cleanUps + 1 + followUps;
  // Room for the next attempt and for a last one before time runs out, each with its further requests.
  const quiet = roomFor(next + 2 + followUps);
  if (quiet <= delay) return delay;
  const latest = remaining - LAST_ATTEMPT_MS;
  return latest > 0 && roomFor(next) <= latest ? Math.max(delay, Math.min(quiet, latest)) : quiet;
}

/** Retries for a name that DNS does not know end earlier than others. */
function timeLeft(result: Retryable, left: number, leftForName: number): number {
  const isUnknownName = result.kind === 'not-sent' && result.code === 'ENOTFOUND';
  return isUnknownName ? Math.min(left, leftForName) : left;
}

/** @param elapsedMs from the first attempt to the next one. */
function isPermanent(result: Retryable, elapsedMs: number): boolean {
  if (result.kind !== 'not-sent') return false;
  if (result.code === 'ENOTFOUND') return elapsedMs > MAX_UNKNOWN_NAME_MS;
  return isCertificateCode(result.code) || PERMANENT_CODES.test(result.code);
}

/** Whether something other than the API seems to have responded. */
function isUnreadable(result: Retryable): boolean {
  if (result.kind !== 'indeterminate') return false;
  const { cause } = result;
  return cause.kind === 'unreadable' || (cause.kind === 'rejected' && !cause.isApiError);
}

/** The same options with at most `most` milliseconds left from now. */
export function withBudget(options: RetryOptions, most: number): RetryOptions {
  return { ...options, deadline: Math.min(options.deadline, options.clock.monotonic() + most) };
}

/** The same options with at most `most` milliseconds left from now for failures other than rate limits. */
export function withFailureBudget(options: RetryOptions, most: number): RetryOptions {
  const { clock, budget, failureDeadline } = options;
  // Waits for rate limits so far postpone it too.
  return {
    ...options,
    failureDeadline: Math.min(failureDeadline, clock.monotonic() + most - budget.rateLimitedMs),
  };
}
