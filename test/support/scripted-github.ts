/** A client of GitHub's API that responds from a script, for tests of what stands between it and a step. */
import type { GithubClient, GithubResult } from '../../src/github/client.ts';

export interface ScriptedGithub extends GithubClient {
  /** What each request was given, in milliseconds. */
  readonly timeouts: number[];
  /** Route and parameters of each request. */
  readonly requests: { readonly route: string; readonly parameters: Readonly<Record<string, unknown>> }[];
}

/** Gives one response after the other; a request that the script does not foresee fails the test. */
export function scriptedGithub(...responses: readonly GithubResult[]): ScriptedGithub {
  const requests: ScriptedGithub['requests'][number][] = [];
  const timeouts: number[] = [];
  return {
    requests,
    timeouts,
    async send(route, parameters, timeoutMs) {
      timeouts.push(timeoutMs);
      const response = responses[requests.length];
      requests.push({ route, parameters: { ...parameters } });
      if (response === undefined) throw new Error(`unforeseen request: ${route}`);
      return response;
    },
  };
}

export const success = (data: unknown, status = 200): GithubResult => ({
  kind: 'success',
  status,
  headers: {},
  data,
});

type Rejected = Extract<GithubResult, { readonly kind: 'rejected' }>;

/** GitHub's own refusal, with its reason where that matters. */
export const refusal = (status: number, message?: string, acceptedPermissions?: string): Rejected => ({
  kind: 'rejected',
  status,
  isGithubError: true,
  message,
  acceptedPermissions,
});

export const rejected = (status: number, acceptedPermissions?: string): GithubResult =>
  refusal(status, undefined, acceptedPermissions);
