import type { Clock } from '../clock.ts';
import type { HttpClient, HttpRequest } from '../http/client.ts';
import type { CreateHttpClient } from '../runtime/context.ts';

/** Puts, and deletions of listed tokens, may be sent at most this long after the list. */
const LIMIT_MS = 1_800_000;

/** When a list was received, by the runner's wall clock and its monotonic clock, and the ids in it. */
export interface ReceivedList {
  readonly now: number;
  readonly monotonic: number;
  readonly ids: ReadonlySet<string>;
}

/**
 * Decisions based on a list expire after half an hour: the machine may sleep between a decision and its request, or its
 * clock may be set back. This is checked last, once the connection is open.
 */
export class Deadline {
  readonly #clock: Clock;
  #list: ReceivedList | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Restarts the half hour with a new list. */
  restart(list: ReceivedList): void {
    this.#list = list;
  }

  /** Whether the half hour is over, by either clock. */
  isOver(): boolean {
    if (this.#list === undefined) return true;
    const { now, monotonic } = this.#list;
    return Math.max(this.#clock.now() - now, this.#clock.monotonic() - monotonic) > LIMIT_MS;
  }

  /** Wraps clients so that puts and deletions of listed tokens fail with `TOO_LATE` after the deadline. */
  guard(create: CreateHttpClient): CreateHttpClient {
    return async (...args) => {
      const client = await create(...args);
      const send: HttpClient['send'] = async (request, timeoutMs) => {
        if (!this.#appliesTo(request)) return client.send(request, timeoutMs);
        const mayLeave = () => !this.isOver();
        if (!mayLeave()) return { kind: 'no-response', sent: false, code: TOO_LATE };
        return client.send({ ...request, mayLeave }, timeoutMs);
      };
      return { send, close: () => client.close() };
    };
  }

  #appliesTo({ method, path }: HttpRequest): boolean {
    if (method !== 'DELETE') return method === 'PUT';
    const id = path.replace(/\?.*/, '').split('/').at(-1) ?? '';
    return this.#list?.ids.has(id) ?? false;
  }
}

/** The error code of a request that was not sent because the deadline had passed. */
export const TOO_LATE = 'TOO_LATE';
