/** The stand-in for GitHub's REST API as a real HTTP server on loopback. `github.ts` has its logic. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LoopbackServer, listenOnLoopback } from '../loopback-server.ts';
import { Github, type GithubOptions, type Outcome } from './github.ts';
import { bodyText } from './message.ts';

export type { Fault } from './faults.ts';
export type { Attempt, FaultPlan, Outcome, SeenRequest } from './github.ts';
export type { Job } from './representations.ts';

export interface GithubServerOptions extends GithubOptions {
  /** A token that may read workflow runs; `addCredential` adds others. */
  readonly token?: string;
  /** How long each response takes, in milliseconds. */
  readonly delay?: number;
}

/** Starts a stand-in on 127.0.0.1, and resolves once it listens. */
export async function startGithub(options: GithubServerOptions = {}): Promise<GithubStandIn> {
  const standIn = new GithubStandIn(options);
  await standIn.listen();
  return standIn;
}

export class GithubStandIn extends Github implements AsyncDisposable {
  readonly #server: Server;
  readonly #basePath: string;
  readonly #delay: number;
  #listening: LoopbackServer | undefined;
  #underWay = 0;
  #busiest = 0;

  constructor({ token, delay = 0, ...options }: GithubServerOptions) {
    super(options);
    this.#basePath = options.basePath ?? '';
    this.#delay = delay;
    if (token !== undefined) this.addCredential(token, { permissions: { actions: 'read' } });
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(error => {
        // A mistake in a test's plan, or in the stand-in.
        this.note([`stand-in: ${error instanceof Error ? error.stack : String(error)}`]);
        response.destroy();
      });
    });
  }

  /** The API's URL, as in `GITHUB_API_URL`. */
  get url(): string {
    if (this.#listening === undefined) throw new Error('The stand-in does not listen');
    return `${this.#listening.url.origin}${this.#basePath}`;
  }

  /** The highest number of concurrent requests. */
  get busiest(): number {
    return this.#busiest;
  }

  async listen(): Promise<void> {
    this.#listening = await listenOnLoopback(this.#server);
  }

  /**
   * Closes all connections. Throws if a request or response did not match GitHub's description, unless the test took
   * the problems.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.close();
    const problems = this.takeProblems();
    if (problems.length > 0) throw new Error(`Not as GitHub describes it:\n${problems.join('\n')}`);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {});
    // Node's own date would be the machine's.
    response.sendDate = false;
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece);
    } catch {
      // A client that disconnects before its request is complete has requested nothing.
      return;
    }
    this.#underWay += 1;
    this.#busiest = Math.max(this.#busiest, this.#underWay);
    try {
      const { method = 'GET', url = '/', headers } = request;
      const body = Buffer.concat(pieces).toString('utf8');
      const outcome = await this.exchange({ method, target: url, headers, body });
      if (this.#delay > 0) await sleep(this.#delay);
      write(outcome, request, response);
    } finally {
      this.#underWay -= 1;
    }
  }
}

function write(outcome: Outcome, request: IncomingMessage, response: ServerResponse): void {
  if (outcome.kind === 'lost') request.socket.resetAndDestroy();
  if (!('response' in outcome)) return;
  const { status, headers } = outcome.response;
  const text = Buffer.from(bodyText(outcome.response));
  if (outcome.kind === 'response') {
    response.writeHead(status, headers);
    response.end(text);
  } else if (text.length === 0) {
    // There is no body to halve, so the head is truncated.
    request.socket.end(`HTTP/1.1 ${status} No Content\r\nDa`);
  } else {
    response.writeHead(status, { ...headers, 'content-length': String(text.length) });
    response.write(text.subarray(0, Math.floor(text.length / 2)), () => request.socket.destroy());
  }
}
