import type { Clock } from '../clock.ts';
import type { HttpClient, HttpRequest } from '../http/client.ts';
import type { CreateHttpClient } from '../runtime/context.ts';

/** No put of whichever token, and no deletion of a listed one, leaves later than this after the list. */
const LIMIT_MS = 1_800_000;

/** When a list arrived, by both of the runner's clocks, and the ids on it. */
export interface ReceivedList {
  readonly now: number;
  readonly monotonic: number;
  readonly ids: ReadonlySet<string>;
}

/**
 * What is decided from a list holds for half an hour: a machine may sleep between a decision and its request, or have its
 * clock set back. It is checked last, when the connection is open.
 */
export class Deadline {
  readonly #clock: Clock;
  #list: ReceivedList | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins anew with a list. */
  restart(list: ReceivedList): void {
    this.#list = list;
  }

  /** Whether the half hour is over, by the clock that shows more. */
  isOver(): boolean {
    if (this.#list === undefined) return true;
    const { now, monotonic } = this.#list;
    return Math.max(this.#clock.now() - now, this.#clock.monotonic() - monotonic) > LIMIT_MS;
  }

  /** Makes clients whose puts and deletions of listed tokens do not leave after the deadline: `TOO_LATE`. */
  guard(create: CreateHttpClient): CreateHttpClient {
    return async (...way) => {
      const client = await create(...way);
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
    const id = path.replace(/\?.*$/, '').split('/').at(-1) ?? '';
    return this.#list?.ids.has(id) ?? false;
  }
}

/** The code of a request that did not leave. */
export const TOO_LATE = 'TOO_LATE';
