import { describe, expect, it } from 'vitest';
import { githubApiUrl, withGithub } from '../../../src/github/connect.ts';
import type { HttpLimits } from '../../../src/http/client.ts';
import { Secret } from '../../../src/secret.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeRunner } from '../../support/fake-runner.ts';
import { json } from '../../support/http-script.ts';
import { NO_PROCESSES } from '../../support/processes.ts';

describe('the address of GitHub’s API', () => {
  it.each(['https://api.github.com', 'https://ghe.example.com/api/v3', 'http://127.0.0.1:3000/api/v1'])(
    'is the runner’s: %s',
    url => {
      expect(githubApiUrl({ GITHUB_API_URL: ` ${url}\n` }).href).toBe(new URL(url).href);
    },
  );

  it.each([
    undefined,
    '',
    ' ',
    'api.github.com',
    'ftp://api.github.com',
    'xhttp://api.github.com',
    'file:///etc',
  ])('is an error if the runner gives %j', url => {
    expect(() => githubApiUrl({ GITHUB_API_URL: url })).toThrow(/^GITHUB_API_URL is not set to a URL\. /);
  });
});

describe('a connection to GitHub', () => {
  const api = new URL('https://ghe.example.com/api/v3');

  async function connect(use: Parameters<typeof withGithub<unknown>>[3], env: Record<string, string> = {}) {
    const calls: string[] = [];
    let limits: Partial<HttpLimits> | undefined;
    const runner = new FakeRunner();
    const result = await withGithub(
      {
        runner,
        env,
        clock: new FakeClock(),
        randomInt: () => 0,
        processes: NO_PROCESSES,
        async createHttpClient(url, _proxy, given) {
          calls.push(`open ${url.href}`);
          limits = given;
          return {
            async send({ path }) {
              calls.push(`send ${path}`);
              return json(200, {});
            },
            async close() {
              calls.push('close');
            },
          };
        },
      },
      api,
      new Secret('token'),
      use,
    ).catch((error: Error) => error.message);
    return { result, calls, limits, runner };
  }

  it('is closed after use, even after a failure', async () => {
    const used = await connect(github =>
      github.send({ method: 'GET', path: ['rate_limit'] }, ({ data }) => data, 1000),
    );
    expect(used.calls).toEqual([`open ${api.href}`, 'send /api/v3/rate_limit', 'close']);
    const failed = await connect(async () => {
      throw new Error('failed');
    });
    expect(failed.calls).toEqual([`open ${api.href}`, 'close']);
    expect(failed.result).toBe('failed');
  });

  it('accepts responses of up to 1 MiB', async () => {
    expect((await connect(async () => {})).limits).toEqual({ maxBytes: 1024 * 1024 });
  });

  it('masks the proxy’s credentials', async () => {
    const password = ['hush', 'hush'].join('-');
    const env = { HTTPS_PROXY: `http://octo:${password}@127.0.0.1:3128` };
    expect((await connect(async () => {}, env)).runner.masks).toContain(password);
  });
});
