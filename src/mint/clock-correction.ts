import type { RetriesExhausted, Success } from '../api/result.ts';
import { formatDuration } from '../duration.ts';
import type { CreatedToken } from '../mapbox/create.ts';
import type { Rejected } from '../mapbox/response.ts';
import { isLifetimeRequested, lifetimesOf } from './verify.ts';

/** How to create the token again when the runner's clock is wrong. */
export interface ClockCorrection {
  /** Mapbox's time minus the runner's. */
  readonly differenceMs: number;
  /** What to add to the runner's clock. */
  readonly skewMs: number;
  readonly reason: 'rejected' | 'wrong-lifetime';
}

/** A smaller difference does not count: `Date` is truncated to whole seconds, and a request takes time. */
const CLOCKS_AGREE_MS = 2_000;

/**
 * The correction, if Mapbox rejected the expiry or the token would not live as long as requested.
 *
 * @param seconds the requested lifetime.
 * @param elapsedMs how long the request took.
 * @param now the runner's clock, in milliseconds since 1970.
 */
export function clockCorrection(
  result: Success<CreatedToken> | Rejected | RetriesExhausted,
  seconds: number,
  elapsedMs: number,
  now: number,
): ClockCorrection | undefined {
  if (result.kind === 'rejected') {
    const { reason, serverDate } = result;
    if (serverDate === undefined || (reason !== 'expires-in-past' && reason !== 'expires-too-late'))
      return undefined;
    const differenceMs = serverDate.getTime() - now;
    const skewMs = differenceMs - (reason === 'expires-too-late' ? 1000 : 0);
    return { differenceMs, skewMs, reason: 'rejected' };
  }
  if (result.kind !== 'success') return undefined;
  const { issuedAt, claims, serverDate } = result.value;
  const mapboxNow = issuedAt ?? claims?.issuedAt ?? serverDate;
  const [lifetime] = lifetimesOf(result.value);
  if (mapboxNow === undefined || lifetime === undefined) return undefined;
  if (isLifetimeRequested(lifetime, seconds, elapsedMs)) return undefined;
  const differenceMs = mapboxNow.getTime() - now;
  if (Math.abs(differenceMs) < CLOCKS_AGREE_MS) return undefined;
  return { differenceMs, skewMs: differenceMs, reason: 'wrong-lifetime' };
}

/** One line for the log. */
export function describeCorrection({ differenceMs, reason }: ClockCorrection): string {
  if (Math.abs(differenceMs) < CLOCKS_AGREE_MS)
    return "Mapbox rejected the expiry. Retrying by Mapbox's clock.";
  const difference = `The runner's clock is ${formatDuration(Math.abs(differenceMs))} ${differenceMs < 0 ? 'ahead of' : 'behind'} Mapbox's`;
  return reason === 'rejected'
    ? `${difference}. Retrying by Mapbox's clock.`
    : `${difference}, so the token would not live as long as requested. Creating another one by Mapbox's clock; the first expires on its own.`;
}
