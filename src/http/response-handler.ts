import type { Dispatcher } from 'undici';
import { Secret } from '../secret.ts';
import { readFailure } from './failure.ts';
import type { Findings, HttpResponse, NoResponse } from './response.ts';

type End = HttpResponse | (Omit<NoResponse, 'peer'> & { readonly findings?: Findings });

/**
 * Collects one response. Settles `end` once: with the response, even if it is incomplete, or with the reason why there
 * is none.
 */
export class ResponseHandler implements Dispatcher.DispatchHandler {
  readonly end: Promise<End>;
  readonly #settle: (end: End) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #maxBytes: number;
  readonly #mayLeave: () => boolean;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #head: { status: number; headers: Record<string, string> } | undefined;
  #ended = false;

  /** @param mayLeave see {@link HttpRequest.mayLeave}. */
  constructor(timeoutMs: number, maxBytes: number, mayLeave: () => boolean = () => true) {
    this.#maxBytes = maxBytes;
    this.#mayLeave = mayLeave;
    const { promise, resolve } = Promise.withResolvers<End>();
    this.end = promise;
    this.#settle = resolve;
    this.#timer = setTimeout(() => this.#giveUp('timeout', 'TIMEOUT'), Math.max(0, timeoutMs));
  }

  /** undici calls this once the connection is open, before the first byte is written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#ended) {
      controller.abort(new Error('given up before it was sent'));
      return;
    }
    if (!this.#mayLeave()) {
      this.#breakOff('timeout', { code: 'TOO_LATE' });
      controller.abort(new Error('too late'));
      return;
    }
    this.#controller = controller;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#controller = controller;
    const single = Object.entries(headers).flatMap(([name, value]) => {
      const values = [value ?? []].flat();
      const text = name.toLowerCase() === 'link' ? values.join(', ') : values[0];
      return text === undefined ? [] : [[name.toLowerCase(), text] as const];
    });
    this.#head = { status, headers: Object.fromEntries(single) };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.#giveUp('too-large', 'TOO_LARGE');
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#head !== undefined) {
      this.#finish({ kind: 'response', ...this.#head, body: { kind: 'complete', text: this.#text() } });
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#breakOff('truncated', readFailure(error));
  }

  /** For errors that undici throws instead of reporting them. */
  fail(error: unknown): void {
    this.#breakOff('truncated', readFailure(error));
  }

  #giveUp(how: 'too-large' | 'timeout', code: string): void {
    const controller = this.#controller;
    this.#breakOff(how, { code });
    controller?.abort(new Error(code));
  }

  #breakOff(how: 'truncated' | 'too-large' | 'timeout', failure: ReturnType<typeof readFailure>): void {
    this.#finish(
      this.#head === undefined
        ? { kind: 'no-response', sent: this.#controller !== undefined, ...failure }
        : { kind: 'response', ...this.#head, body: { kind: 'incomplete', how, text: this.#text() } },
    );
  }

  #finish(end: End): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#settle(end);
  }

  /** Strips the byte order mark that some proxies add: `JSON.parse` rejects it. */
  #text(): Secret {
    return new Secret(
      Buffer.concat(this.#chunks)
        .toString()
        .replace(/^\uFEFF/, ''),
    );
  }
}
