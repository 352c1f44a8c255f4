/** A client of GitHub's API over HTTP that responds from a script. */
import { createGithubClient, type GithubClient } from '../../src/github/client.ts';
import type { HttpResponse, NoResponse } from '../../src/http/response.ts';
import { Secret } from '../../src/secret.ts';
import { json, textResponse } from './http-script.ts';

export interface ScriptedGithub extends GithubClient {
  /** The time limit of each request, in milliseconds. */
  readonly timeouts: number[];
  /** `body` is parsed. */
  readonly requests: {
    readonly method: string;
    readonly path: string;
    readonly body: Readonly<Record<string, unknown>>;
  }[];
}

type Response = HttpResponse | NoResponse;

/** Returns one response after the other; an unexpected request fails the test. */
export function scriptedGithub(...responses: readonly (Response | (() => Response))[]): ScriptedGithub {
  const requests: ScriptedGithub['requests'][number][] = [];
  const timeouts: number[] = [];
  const client = createGithubClient(
    {
      async send({ method, path, body }, timeoutMs) {
        timeouts.push(timeoutMs);
        const response = responses[requests.length];
        requests.push({ method, path, body: JSON.parse(body ?? '{}') });
        if (response === undefined) throw new Error(`unforeseen request: ${method} ${path}`);
        return typeof response === 'function' ? response() : response;
      },
      async close() {},
    },
    new URL('https://api.github.com'),
    new Secret('ghs_x'),
  );
  return { ...client, requests, timeouts };
}

export const success = (data: unknown, status = 200, headers: Record<string, string> = {}): HttpResponse =>
  data === undefined ? textResponse(status, '', headers) : json(status, data, headers);

/** GitHub's own rejection. */
export const rejected = (
  status: number,
  message = 'Something',
  headers: Record<string, string> = {},
): HttpResponse => json(status, { message, documentation_url: '', status: String(status) }, headers);
