import { expect, it } from 'vitest';
import { describeLookupError } from '../../../src/github/describe.ts';
import type { LookupError } from '../../../src/github/runs.ts';

const reset = { kind: 'no-response', sent: true, code: 'ECONNRESET' } as const;

const peer = { host: 'ghe.example.com:443', proxy: undefined };
const proxy = { host: '127.0.0.1:3128', variable: 'HTTPS_PROXY', hasCredentials: true };

it.each([
  [{ kind: 'rate-limited', retryAfter: 1000 }, 'the rate limit of `github-token` is exceeded'],
  [
    { kind: 'rejected', status: 403, isGithubError: true, acceptedPermissions: 'actions=read' },
    'it responded with 403',
  ],
  [{ kind: 'server-error', status: 502 }, 'it responded with 502'],
  [{ kind: 'unreadable', status: 200 }, 'it responded with 200, but not with what was requested'],
  [reset, 'no response from GitHub: connection reset (ECONNRESET)'],
  [{ ...reset, peer }, 'no response from ghe.example.com:443: connection reset (ECONNRESET)'],
  [
    { ...reset, peer: { ...peer, proxy } },
    'no response from ghe.example.com:443 through the proxy 127.0.0.1:3128: connection reset (ECONNRESET)',
  ],
  [
    { ...reset, code: 'PROXY_407', peer: { ...peer, proxy } },
    'no response from ghe.example.com:443 through the proxy 127.0.0.1:3128: the proxy rejected the user or password in HTTPS_PROXY (407)',
  ],
] satisfies [LookupError, string][])('%o', (cause, words) => {
  expect(describeLookupError(cause)).toBe(words);
});
