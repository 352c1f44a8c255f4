import { describe, expect, it } from 'vitest';
import { ActionError, errorTitles } from '../../../src/action-error.ts';
import { RequestBudget } from '../../../src/api/request-budget.ts';
import type { HttpRequest } from '../../../src/http/client.ts';
import type { ProxySettings } from '../../../src/http/proxy.ts';
import { proxyFor, retryOptions, withAccount } from '../../../src/runtime/connect.ts';
import type { Context } from '../../../src/runtime/context.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeRunner } from '../../support/fake-runner.ts';
import { lostResponse } from '../../support/http-script.ts';
import { NO_PROCESSES } from '../../support/processes.ts';
import { authorizingToken, OWNER } from '../../support/tokens.ts';

const API = new URL('https://gateway.example.com/mapbox');

interface Setting {
  readonly context: Context;
  readonly runner: FakeRunner;
  readonly clock: FakeClock;
  /** The created clients, with their requests. */
  readonly clients: {
    readonly url: URL;
    readonly proxy: ProxySettings | undefined;
    readonly requests: HttpRequest[];
    isClosed: boolean;
  }[];
}

function setUp(env: Context['env'] = {}, inputs: Record<string, string> = {}): Setting {
  const runner = new FakeRunner({ inputs });
  const clock = new FakeClock();
  const clients: Setting['clients'] = [];
  const context: Context = {
    runner,
    env,
    clock,
    randomInt: below => below / 4,
    processes: NO_PROCESSES,
    async createHttpClient(url, proxy) {
      const client = { url, proxy, requests: [] as HttpRequest[], isClosed: false };
      clients.push(client);
      return {
        async send(request) {
          client.requests.push(request);
          return lostResponse();
        },
        async close() {
          client.isClosed = true;
        },
      };
    },
  };
  return { context, runner, clock, clients };
}

const connection = { api: API, authorizingToken, username: OWNER };

describe('the proxy', () => {
  it('is the environment’s, and all of its secrets are masked', () => {
    const { context, runner } = setUp({ HTTPS_PROXY: 'http://octo:pass%21word@proxy.example.com:3128' });
    const proxy = proxyFor(API, context);
    expect(proxy?.url).toBe('http://proxy.example.com:3128/');
    expect(runner.masks).toEqual(proxy?.secrets);
    expect(runner.masks).toContain('pass!word');
  });

  it('is absent if no variable is set, and nothing is masked', () => {
    const { context, runner } = setUp();
    expect(proxyFor(API, context)).toBeUndefined();
    expect(runner.masks).toEqual([]);
  });

  it('causes an input error that names the variable if it is unusable', async () => {
    const { context, clients } = setUp({ http_proxy: 'socks5://octo:hidden@127.0.0.1' });
    const failed = withAccount(context, connection, new RequestBudget(), async () => expect.unreachable());
    await expect(failed).rejects.toThrow(ActionError);
    await expect(failed).rejects.toMatchObject({
      title: errorTitles.invalidInput,
      message: expect.stringMatching(/^The environment variable http_proxy names a SOCKS proxy.*3128\.$/),
    });
    await expect(failed).rejects.not.toThrow(/hidden/);
    expect(clients).toEqual([]);
  });
});

describe('an account', () => {
  it('is connected to the API through the proxy while it is used', async () => {
    const { context, clients, runner, clock } = setUp({ HTTPS_PROXY: 'http://proxy.example.com:3128' });
    const result = await withAccount(context, connection, new RequestBudget(), async account => {
      expect(clients[0]?.isClosed).toBe(false);
      expect(account).toMatchObject({ authorizingToken, username: OWNER, api: API, now: clock.now });
      expect(account.mask).toBe(runner.mask);
      await account.send({ method: 'GET', path: '/tokens/v2', token: authorizingToken.secret }, 1000);
      return 'used';
    });
    expect(result).toBe('used');
    expect(clients).toMatchObject([
      { url: API, proxy: { url: 'http://proxy.example.com:3128/' }, isClosed: true },
    ]);
    expect(clients[0]?.requests[0]?.path).toMatch(/^\/mapbox\/tokens\/v2\?/);
  });

  it('is disconnected after an error', async () => {
    const { context, clients } = setUp();
    const failed = withAccount(context, connection, new RequestBudget(), () =>
      Promise.reject(new Error('mine')),
    );
    await expect(failed).rejects.toThrow('mine');
    expect(clients[0]?.isClosed).toBe(true);
  });
});

describe('retries', () => {
  it('last this many milliseconds from now', () => {
    const { context, runner, clock } = setUp();
    clock.advance(5_000);
    const options = retryOptions(context, 60_000, 20_000);
    expect(options).toMatchObject({
      service: 'Mapbox',
      deadline: 65_000,
      failureDeadline: 25_000,
    });
    expect(options.random()).toBe(0.25);
    options.log('a line');
    expect(runner.log).toEqual([{ kind: 'info', text: 'a line' }]);
  });

  it('use the whole time for failures if they have no limit of their own', () => {
    expect(retryOptions(setUp().context, 60_000).failureDeadline).toBe(Number.POSITIVE_INFINITY);
  });
});
