/** The guarantees about secrets in SECURITY.md. */
import { beforeAll, describe, expect, it } from 'vitest';
import { outputNames } from '../../src/mint/outputs.ts';
import { createAuthority } from '../support/authority.ts';
import { count, preload, setUp, tracesOf } from '../support/bundle.ts';
import { startProxy } from '../support/proxy.ts';
import type { PhaseResult } from '../support/runner/step.ts';

/** Turns on all debug output of Node and undici. */
const TALKATIVE = { NODE_DEBUG: 'undici,fetch,http,http2,https,net,tls,stream,module,timer,url' };

function withoutMasks(stdout: string): string {
  return stdout.replace(/^::add-mask::.*$/gm, '');
}

/** The masks for a token: the token and both halves of its signature, each as it is and in base64 at any offset. */
function masksOf(token: string): string[] {
  const signature = token.split('.')[2] ?? '';
  const middle = signature.length / 2;
  return [token, signature.slice(0, middle), signature.slice(middle)].flatMap(text => {
    const base64 = [0, 1, 2].map(less => {
      const rest = text.slice(less);
      return Buffer.from(rest.slice(0, rest.length - (rest.length % 3))).toString('base64');
    });
    return [text, ...base64];
  });
}

function expectNowhereBut(phase: PhaseResult, secret: string, places: string[]): void {
  for (const [where, trace] of Object.entries(tracesOf(phase))) {
    const text = where === 'stdout' ? withoutMasks(trace) : trace;
    if (!places.includes(where)) expect(text, where).not.toContain(secret);
  }
}

describe.each([
  { lifetime: 'job', 'export-env': 'MAPBOX_ACCESS_TOKEN' },
  { lifetime: '20m', 'export-env': '' },
  { lifetime: 'permanent', 'export-env': '' },
])('with all debug output on ($lifetime)', inputs => {
  let authorizingToken = '';
  let main: PhaseResult;
  let post: PhaseResult;
  beforeAll(async () => {
    await using setting = await setUp();
    authorizingToken = setting.authorizingToken.token;
    ({ main, post } = await setting.run({ ...inputs, summary: 'true' }, { debug: true, env: TALKATIVE }));
  });

  it('the new token is in the mask command, the output file and the environment file, and nowhere else', () => {
    const token = main.outputs['token'] ?? '';

    expect(token).toMatch(/^[st]k\./);
    expect(count(main.stdout, token)).toBe(1);
    expect(main.stdout).toContain(`::add-mask::${token}`);
    expect(count(main.files['GITHUB_OUTPUT'] ?? '', token)).toBe(1);
    expect(count(main.files['GITHUB_ENV'] ?? '', token)).toBe(inputs['export-env'] === '' ? 0 : 1);
    expectNowhereBut(main, token, ['GITHUB_OUTPUT', 'GITHUB_ENV']);
    expectNowhereBut(post, token, []);
    expect(main.shown + post.shown).not.toContain(token);
  });

  it('the authorizing token is in the mask command and nowhere else', () => {
    expectNowhereBut(main, authorizingToken, []);
    expectNowhereBut(post, authorizingToken, []);
    expect(main.stdout).toContain(`::add-mask::${authorizingToken}`);
  });
});

/** Runs before the program and reports everything that undici publishes, which NODE_DEBUG=undici reads too. */
const LISTENER = `
import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
const names = ['request:create', 'request:headers', 'request:trailers', 'request:error', 'request:bodySent',
  'client:beforeConnect', 'client:connected', 'client:sendHeaders', 'proxy:connected'];
for (const name of names) subscribe('undici:' + name, () => writeSync(2, 'heard ' + name));
`;

it.each(['without', 'with'])(
  'publishes nothing of a request on diagnostics channels (%s a proxy)',
  async way => {
    using authority = await createAuthority();
    await using setting = await setUp({ tls: authority.tls });
    await using proxy = await startProxy();
    const { main, post } = await setting.run(
      {},
      {
        env: {
          NODE_EXTRA_CA_CERTS: authority.ca,
          ...(way === 'with' && { HTTPS_PROXY: `http://${proxy.host}` }),
        },
        nodeArgs: () => preload(LISTENER),
      },
    );

    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect([main.stderr, post.stderr]).toEqual(['', '']);
  },
);

it('masks the authorizing token before it prints anything else, even if other inputs are invalid', async () => {
  await using setting = await setUp();
  const main = await setting.runMain({ scopes: '', lifetime: 'x', 'api-url': 'x', timeout: 'x' });

  expect(main.stdout.split('\n')[0]).toBe(`::add-mask::${setting.authorizingToken.token}`);
});

it('masks an authorizing token even if there are blanks and quotes around it', async () => {
  await using setting = await setUp();
  const { token } = setting.authorizingToken;
  const main = await setting.runMain({ 'authorizing-token': `  "${token}"\n` });

  expect(main.masks).toContain(token);
  expect(main.exitCode).toBe(1);
});

it('masks the new token even if the response cannot be parsed', async () => {
  await using setting = await setUp({
    fault: ({ method }, index) =>
      method === 'POST' && index === 0
        ? {
            kind: 'rewrite',
            rewrite: response => ({ ...response, body: `Here you are: ${JSON.stringify(response.body)}` }),
          }
        : undefined,
  });
  const main = await setting.runMain();
  const lost = setting.mapbox.account
    .everIssued()
    .find(
      ({ id, usage }) =>
        usage === 'sk' && id !== setting.authorizingToken.id && id !== main.outputs['token-id'],
    );

  expect(main.exitCode).toBe(0);
  expect(main.masks).toContain(lost?.token);
});

it('masks the new token before it prints any other line', async () => {
  await using setting = await setUp();
  const main = await setting.runMain({ note: 'n' }, { debug: true });
  const lines = main.stdout.split('\n').filter(line => line !== '');

  const masks = [setting.authorizingToken.token, main.outputs['token'] ?? ''].flatMap(masksOf);
  expect(lines.slice(0, masks.length)).toEqual(masks.map(text => `::add-mask::${text}`));
});

it('does not mask a text in a malformed response that is too short for a token', async () => {
  await using setting = await setUp({
    fault: ({ method }, index) =>
      method === 'POST' && index === 0
        ? {
            kind: 'rewrite',
            rewrite: response => ({ ...response, body: { ...Object(response.body), token: 'e' } }),
          }
        : undefined,
  });
  const main = await setting.runMain();

  expect(main.masks).toEqual(masksOf(setting.authorizingToken.token));
});

it('does not mask names that only look like tokens', async () => {
  await using setting = await setUp();
  const github = {
    repository: 'octo/sk.mapviewer',
    server_url: 'https://git.sk.company-name.com',
    workflow: '.github/workflows/sk.deploy-tiles.yml',
  };
  const urls = 'https://sk.wikipedia.org\nhttps://tk.example.com/pk.production-maps';
  const main = await setting.runMain({ 'allowed-urls': urls, summary: 'true' }, { github });

  expect(main.exitCode).toBe(0);
  expect(main.masks).toEqual([setting.authorizingToken.token, main.outputs['token'] ?? ''].flatMap(masksOf));
  expect(main.outputs['note']).toContain('.github/workflows/sk.deploy-tiles.yml');
  expect(main.summary).toContain('sk.wikipedia.org');
  expect(JSON.parse(setting.mapbox.requests[0]?.body ?? '').allowedUrls).toEqual(urls.split('\n'));
});

it('saves no token in the state, only the id of the new one', async () => {
  await using setting = await setUp();
  const main = await setting.runMain();

  expect(Object.values(main.state).join()).not.toMatch(/[pst]k\./);
  expect(Object.values(main.state).join()).toContain(main.outputs['token-id']);
});

// Only Linux has /dev/full.
it.skipIf(process.platform !== 'linux')(
  'prints stack traces only with debug logging, and no token in them',
  async () => {
    await using setting = await setUp();
    // A write to /dev/full fails as on a full disk, here after the token was created.
    const env = { GITHUB_OUTPUT: '/dev/full' };
    const inputs = { 'export-env': 'MAPBOX_ACCESS_TOKEN' };
    const quiet = await setting.run(inputs, { env });
    const debug = await setting.run(inputs, { env, debug: true });
    const tokens = [setting.authorizingToken, ...setting.mapbox.account.everIssued()].map(
      ({ token }) => token,
    );

    for (const { main, post } of [quiet, debug]) {
      for (const token of tokens) {
        expectNowhereBut(main, token, []);
        expectNowhereBut(post, token, []);
      }
      // The variable was written before the output failed, and was removed again.
      expect(main.files['GITHUB_ENV']).toBe('');
      expect(main.annotations).toMatchObject([
        { title: 'Could not write outputs', message: expect.stringContaining('was deleted') },
      ]);
    }
    expect(quiet.main.shown).not.toMatch(/^\s*at /m);
    expect(debug.main.shown).toMatch(/writeResults/);
    expect(setting.created()).toEqual([]);
    for (const request of setting.mapbox.requests) expect(['POST', 'DELETE']).toContain(request.method);
  },
);

describe('prints no workflow command from', () => {
  const smuggled =
    '\n::add-path::/evil\n::set-env name=X::1\n##[set-env name=Y;]2\n::stop-commands::x\n::error::gotcha';

  it.each(['note', 'username', 'scopes'])('the input %s', async name => {
    await using setting = await setUp();
    const { main, post } = await setting.run({ [name]: `x${smuggled}` }, { debug: true });
    for (const phase of [main, post]) {
      expect(phase.stdout).not.toMatch(/^\s*::(?:add-path|set-env|stop-commands)/m);
      expect(phase.stdout).not.toContain('##[');
      expect(phase.annotations.map(({ message }) => message)).not.toContain('gotcha');
      expect(phase.env).toEqual({});
    }
  });

  it('the name of the workflow', async () => {
    await using setting = await setUp();
    const main = await setting.runMain({}, { github: { workflow: `x${smuggled}` } });

    expect(main.exitCode).toBe(0);
    expect(main.stdout).not.toMatch(/^\s*::(?:add-path|set-env|stop-commands)/m);
    expect(Object.keys(main.outputs)).toEqual([...outputNames]);
    expect(main.outputs['note']).toMatch(/^x ::add-path::\/evil .*#[a-z0-9]{8}\]$/);
  });
});

it('starts no process, and writes only to the files that the runner names', async () => {
  await using setting = await setUp();
  // Node's permission model allows only reading, and writing to the runner's files.
  const { main, post } = await setting.run(
    { summary: 'true', 'export-env': 'MAPBOX_ACCESS_TOKEN' },
    { nodeArgs: temp => ['--permission', '--allow-fs-read=*', `--allow-fs-write=${temp}`] },
  );

  expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
  expect([...main.newFiles, ...post.newFiles]).toEqual([]);
  expect(main.outputs['token']).toMatch(/^sk\./);
});

/** Runs before the program and reports connections, lookups, servers and datagrams on standard error. */
const WITNESS = `
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';
import { writeSync } from 'node:fs';
const tell = (object, name, what) => {
  const real = object[name];
  object[name] = function (...given) {
    writeSync(2, what(given) + '\\n');
    return real.apply(this, given);
  };
};
tell(net.Socket.prototype, 'connect', ([first]) => {
  const { host, port } = Array.isArray(first) ? first[0] : first;
  return 'connects to ' + host + ':' + port;
});
tell(net.Server.prototype, 'listen', () => 'listens');
tell(dns, 'lookup', ([name]) => 'looks up ' + name);
tell(dgram.Socket.prototype, 'send', () => 'sends datagrams');
`;

it('connects only to Mapbox, once in each of its two steps, and opens no port', async () => {
  await using setting = await setUp();
  const { main, post } = await setting.run({ summary: 'true' }, { nodeArgs: () => preload(WITNESS) });
  const seen = ({ stderr }: PhaseResult) => stderr.trim().split('\n');
  const call = `connects to ${new URL(setting.mapbox.url).host}`;

  expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
  expect([seen(main), seen(post)]).toEqual([[call], [call]]);
});

it.concurrent.each([302, 307])('does not follow a redirect (%i)', async status => {
  await using elsewhere = await setUp();
  await using setting = await setUp({
    // The creation, and the first request of the post step.
    fault: (_, index) =>
      index < 2 ? { kind: 'redirect', status, location: elsewhere.mapbox.url, processed: false } : undefined,
  });
  const { main, post } = await setting.run();

  expect(main.annotations).toMatchObject([
    {
      level: 'error',
      title: 'Unexpected response from Mapbox',
      message: expect.stringMatching(new RegExp(`responded with ${status}, a redirect`)),
    },
  ]);
  expect(post.exitCode).toBe(0);
  expect(setting.mapbox.requests.length).toBeGreaterThan(2);
  expect(elsewhere.mapbox.requests).toEqual([]);
});

it('sends only the two requests that the job needs, without other credentials', async () => {
  await using setting = await setUp();
  await setting.run();

  expect(setting.mapbox.requests).toHaveLength(2);
  for (const { headers, method } of setting.mapbox.requests) {
    expect(headers).toMatchObject({
      host: new URL(setting.mapbox.url).host,
      'user-agent': 'create-mapbox-token',
    });
    expect(headers['authorization'] ?? headers['referer'] ?? headers['cookie']).toBeUndefined();
    expect(['POST', 'DELETE']).toContain(method);
  }
});
