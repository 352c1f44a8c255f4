import { expect, it } from 'vitest';
import { describeLookupError } from '../../../src/github/describe.ts';
import type { LookupError } from '../../../src/github/runs.ts';

const noResponse = (code: string, peer?: object): LookupError => ({
  kind: 'indeterminate',
  cause: { kind: 'no-response', code, ...peer },
});

const peer = { host: 'ghe.example.com:443', proxy: undefined };
const proxy = { host: '127.0.0.1:3128', variable: 'HTTPS_PROXY', hasCredentials: true };

it.each<[LookupError, string]>([
  [
    { kind: 'rate-limited', retryAfter: 1000, interval: 1000, estimated: false },
    'the rate limit of `github-token` is exceeded',
  ],
  [
    {
      kind: 'rejected',
      status: 403,
      isApiError: true,
      bodyDescription: 'an error',
      requestId: undefined,
      reason: 'x',
      acceptedPermissions: 'actions=read',
      needsSso: false,
    },
    'it responded with 403',
  ],
  [
    { kind: 'indeterminate', cause: { kind: 'server-error', status: 502, bodyDescription: '' } },
    'it responded with 502',
  ],
  [
    { kind: 'indeterminate', cause: { kind: 'unreadable', status: 200, bodyDescription: '' } },
    'it responded with 200, but not with what was requested',
  ],
  [noResponse('ECONNRESET'), 'no response from GitHub: connection reset (ECONNRESET)'],
  [noResponse('ECONNRESET', { peer }), 'no response from ghe.example.com:443: connection reset (ECONNRESET)'],
  [
    noResponse('PROXY_407', { peer: { ...peer, proxy } }),
    'no response from ghe.example.com:443 through the proxy 127.0.0.1:3128: the proxy rejected the user or password in HTTPS_PROXY (407)',
  ],
])('%o', (result, words) => {
  expect(describeLookupError(result)).toBe(words);
});
