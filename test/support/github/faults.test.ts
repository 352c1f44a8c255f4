/** The faults that can be planned, and what is recorded of them. */
import { describe, expect, it } from 'vitest';
import { newToken, putValue, send } from './client.ts';
import { anyOf, refusing, writeLimit } from './fault-plans.ts';
import { REASONS } from './faults.ts';
import { type Fault, type GithubStandIn, startGithub } from './server.ts';

const PLACE = 'repos/octo-org/maps/actions/secrets/NAME';
const KEY = '/repos/octo-org/maps/actions/secrets/public-key';
const NOW = Date.UTC(2026, 0, 1);

interface Setting extends AsyncDisposable {
  readonly github: GithubStandIn;
  readonly token: string;
  /** GitHub's clock, in milliseconds. */
  now: number;
}

async function setUp(): Promise<Setting> {
  const setting = { now: NOW };
  const github = await startGithub({ now: () => setting.now });
  const token = newToken();
  github.addCredential(token, { permissions: { secrets: 'write', actions: 'read' } });
  github.secrets.set(PLACE, 'old');
  const end = { [Symbol.asyncDispose]: () => github[Symbol.asyncDispose]() };
  return Object.assign(setting, { github, token, ...end });
}

/** Meets every PUT with this fault. */
function spoilPuts(github: GithubStandIn, fault: Fault): void {
  github.fault = ({ method }) => (method === 'PUT' ? fault : undefined);
}

describe('a PUT', () => {
  it.each<[Fault, string]>([
    [{ kind: 'lost-before' }, 'old'],
    [{ kind: 'lost-after' }, 'new'],
    [{ kind: 'truncated' }, 'new'],
  ])('without a response after %o leaves the secret with the %s value', async (fault, value) => {
    await using setting = await setUp();
    const { github, token } = setting;
    spoilPuts(github, fault);
    await expect(putValue(github, token, PLACE, 'new')).rejects.toThrow('fetch failed');
    expect(github.secrets.get(PLACE)?.value).toBe(value);
    expect(github.requests.at(-1)).toMatchObject({ method: 'PUT', fault });
  });

  it.each([true, false])('can get no response; carried out: %s', async processed => {
    await using setting = await setUp();
    const { github, token } = setting;
    spoilPuts(github, { kind: 'hang', processed });
    const { promise: carriedOut, resolve } = Promise.withResolvers<void>();
    github.after = ({ method }) => (method === 'PUT' ? resolve() : undefined);
    const sent = putValue(github, token, PLACE, 'new').catch(() => 'ended with the stand-in');
    await carriedOut;
    expect(github.secrets.get(PLACE)?.value).toBe(processed ? 'new' : 'old');
    await github[Symbol.asyncDispose]();
    expect(await sent).toBe('ended with the stand-in');
  });

  it('can arrive late, and then overwrites a value put in between', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    spoilPuts(github, { kind: 'late', after: 1 });
    await expect(putValue(github, token, PLACE, 'late')).rejects.toThrow('fetch failed');
    github.fault = undefined;
    await send(github, token, 'GET', KEY);
    expect(github.secrets.get(PLACE)?.value).toBe('old');
    github.secrets.set(PLACE, 'in between');
    await send(github, token, 'GET', KEY);
    expect(github.secrets.get(PLACE)?.value).toBe('late');
  });

  it('can arrive after everything else', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    spoilPuts(github, { kind: 'late', after: 100 });
    await expect(putValue(github, token, PLACE, 'late')).rejects.toThrow('fetch failed');
    github.carryOutLate();
    expect(github.secrets.get(PLACE)?.value).toBe('late');
  });

  it.each([401, 403, 404, 422] as const)('can be rejected with %i in GitHub’s own form', async status => {
    await using setting = await setUp();
    const { github, token } = setting;
    spoilPuts(github, { kind: 'refused', status });
    const refused = await putValue(github, token, PLACE, 'new');
    expect([refused.status, refused.json['status']]).toEqual([status, String(status)]);
    expect(github.secrets.get(PLACE)?.value).toBe('old');
  });

  it.each([
    ['hour-403', 403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 7) }],
    ['hour-429', 429, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 7) }],
    ['brake-403', 403, { 'x-ratelimit-remaining': '4999', 'retry-after': '7' }],
    ['brake-429', 429, { 'x-ratelimit-remaining': '4999', 'retry-after': '7' }],
    ['creation-403', 403, { 'x-ratelimit-remaining': '4999', 'retry-after': '7' }],
  ] as const)('can meet the limit %s', async (form, status, headers) => {
    await using setting = await setUp();
    const { github, token } = setting;
    spoilPuts(github, { kind: 'rate-limited', form, seconds: 7 });
    const limited = await putValue(github, token, PLACE, 'new');
    expect(limited.status).toBe(status);
    expect(Object.fromEntries(limited.headers)).toMatchObject(headers);
    expect(github.secrets.get(PLACE)?.value).toBe('old');
  });

  it.each([
    ['words-403', 'secondary rate limit'],
    ['abuse-403', 'abuse detection mechanism'],
  ] as const)('can meet the limit %s, recognizable by its message only', async (form, words) => {
    await using setting = await setUp();
    const { github, token } = setting;
    spoilPuts(github, { kind: 'rate-limited', form, seconds: 7 });
    const { status, headers, json } = await putValue(github, token, PLACE, 'new');
    expect([status, headers.get('retry-after')]).toEqual([403, null]);
    expect(json['message']).toContain(words);
  });

  it.each(['ip-allow-list', 'saml', 'suspended'] as const)(
    'can be rejected for the reason %s',
    async reason => {
      await using setting = await setUp();
      const { github, token } = setting;
      spoilPuts(github, { kind: 'refused', reason });
      const { status, headers, json } = await putValue(github, token, PLACE, 'new');
      expect([status, json['message']]).toEqual([403, REASONS[reason]]);
      expect(headers.has('x-github-sso')).toBe(reason === 'saml');
      expect(github.secrets.get(PLACE)?.value).toBe('old');
    },
  );

  it('can be carried out at a later time, and overwrites a value put in between', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    spoilPuts(github, { kind: 'delayed', ms: 1_200_000 });
    await expect(putValue(github, token, PLACE, 'late')).rejects.toThrow('fetch failed');
    github.fault = undefined;
    setting.now += 1_199_000;
    await putValue(github, token, PLACE, 'in between');
    expect(github.secrets.get(PLACE)?.value).toBe('in between');
    setting.now += 60_000;
    github.carryOutLate();
    expect(github.secrets.get(PLACE)).toMatchObject({ value: 'late', updatedAt: NOW + 1_200_000 });
  });

  it('can be rejected at one place until a time, and exceed a limit at the others', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    const other = 'repos/octo-org/maps/dependabot/secrets/NAME';
    github.addCredential(token, { permissions: { secrets: 'write', dependabot_secrets: 'write' } });
    github.fault = anyOf(
      refusing(PLACE, { kind: 'refused', status: 403 }, NOW + 90_000),
      writeLimit(2, 60_000, 'creation-403'),
    );
    const put = async (place: string) => {
      const { status, headers } = await putValue(github, token, place, 'new');
      return [status, headers.get('retry-after')];
    };
    expect(await put(PLACE)).toEqual([403, null]);
    expect([await put(other), await put(other)]).toEqual([
      [201, null],
      [204, null],
    ]);
    setting.now += 20_000;
    expect(await put(other)).toEqual([403, '40']);
    setting.now += 40_000;
    expect(await put(other)).toEqual([204, null]);
    setting.now += 30_000;
    expect(await put(PLACE)).toEqual([204, null]);
  });

  it.each([true, false])('can meet a gateway’s page; carried out: %s', async processed => {
    await using setting = await setUp();
    const { github, token } = setting;
    spoilPuts(github, { kind: 'status', status: 502, processed, body: '<html></html>' });
    const met = await putValue(github, token, PLACE, 'new');
    expect([met.status, met.headers.get('content-type')]).toEqual([502, 'text/html; charset=utf-8']);
    expect(github.secrets.get(PLACE)?.value).toBe(processed ? 'new' : 'old');
  });
});

describe('the stand-in', () => {
  it('lets a user act before and after a request is carried out', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    const seen: unknown[] = [];
    github.before = ({ method }) => {
      if (method === 'PUT') github.secrets.rotateKey(PLACE);
    };
    github.after = ({ method }, outcome, index) => {
      seen.push([index, method, 'response' in outcome && outcome.response.status]);
      github.secrets.set(PLACE, `by hand ${index}`);
    };
    expect((await putValue(github, token, PLACE, 'new')).status).toBe(422);
    expect(seen).toEqual([
      [0, 'GET', 200],
      [1, 'PUT', 422],
    ]);
    expect(github.secrets.get(PLACE)?.value).toBe('by hand 1');
  });

  it('records every request with its fault and its response', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    github.fault = (_, index) => (index === 0 ? { kind: 'refused', status: 404 } : undefined);
    await send(github, token, 'GET', `${KEY}?page=2`);
    await send(github, token, 'GET', `/${PLACE}`);
    expect(github.takeProblems()).toHaveLength(1);
    expect(github.requests).toMatchObject([
      { path: KEY, authorization: `Bearer ${token}`, at: NOW, status: 404, fault: { kind: 'refused' } },
      { path: `/${PLACE}`, status: 200 },
    ]);
    expect(github.requests[0]?.query.get('page')).toBe('2');
  });

  it('can send a wrong date, or none', async () => {
    await using setting = await setUp();
    const { github, token } = setting;
    const date = async () => (await send(github, token, 'GET', KEY)).headers.get('date');
    github.dateSkew = -90_000;
    expect(Date.parse((await date()) ?? '')).toBe(NOW - 90_000);
    github.dateSkew = undefined;
    expect(await date()).toBeNull();
  });

  it('counts the requests of the hour, and rejects further ones until the hour is over', async () => {
    let now = NOW;
    await using github = await startGithub({ now: () => now });
    const token = newToken();
    github.addCredential(token, { permissions: { secrets: 'read' } });
    github.rateLimit.remaining = 2;
    const ask = async () => (await send(github, token, 'GET', KEY)).status;
    expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 403]);
    now += 3_600_000;
    expect(await ask()).toBe(200);
  });

  it('throws on disposal if something was not as GitHub describes it', async () => {
    const { github, token } = await setUp();
    await send(github, token, 'PUT', `/${PLACE}`, { encrypted_value: 'YWJj', key_id: '1', kay: 1 });
    await expect(github[Symbol.asyncDispose]()).rejects.toThrow('{"additionalProperty":"kay"}');
  });
});
