/** The rotation as it ships: its bundles, started as the runner starts them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { rotateInputNames } from '../../src/rotate/inputs.ts';
import { rotateOutputNames } from '../../src/rotate/report.ts';
import { tracesOf } from '../support/bundle.ts';
import { newToken } from '../support/github/client.ts';
import { writeToken } from '../support/mapbox/token-format.ts';
import {
  PLACE,
  POWERS,
  REPOSITORY,
  ROTATE,
  type RotateSetting,
  SECRET,
  setUpRotate,
} from '../support/rotate-setting.ts';
import type { PhaseResult } from '../support/runner/step.ts';

it('has the inputs and outputs that its action.yml names, and the bundles', () => {
  const { inputs, outputs, runs } = parse(readFileSync(join(ROTATE, 'action.yml'), 'utf8'));
  expect(Object.keys(inputs)).toEqual([...rotateInputNames]);
  expect(Object.keys(outputs)).toEqual([...rotateOutputNames]);
  expect(runs).toEqual({ using: 'node24', main: '../dist/rotate.js', post: '../dist/post.js' });
});

/** In no stream, file or annotation is any of these texts, but where the mask command has to have it. */
function expectNoSecret(phase: PhaseResult, secrets: readonly string[], allowed: readonly string[] = []) {
  const traces = {
    ...tracesOf(phase),
    stdout: phase.stdout.replace(/^::add-mask::.*$/gm, ''),
    annotations: JSON.stringify(phase.annotations),
  };
  for (const [where, trace] of Object.entries(traces))
    if (!allowed.includes(where))
      for (const secret of secrets) expect(trace.includes(secret), where).toBe(false);
}

const everyToken = ({ mapbox, githubToken }: RotateSetting) => [
  githubToken,
  ...mapbox.account.everIssued().map(({ token }) => token),
];

it('replaces the token in the secret with one like it, and shows neither', async () => {
  await using setting = await setUpRotate();
  const { main, post } = await setting.run();
  expect(main.exitCode).toBe(0);
  const [made] = setting.made();
  expect(setting.value()).toBe(made?.token);
  expect(made?.scopes).toEqual(POWERS);
  expect(made?.note).toMatch(
    new RegExp(
      `^Releases \\(octo-org/maps\\) \\[replaces ${setting.original.id}: .*/4711\\.1#[a-z0-9]{8}\\]$`,
    ),
  );
  expect(main.outputs).toEqual({
    rotated: 'true',
    'token-id': made?.id,
    'previous-token-id': setting.original.id,
    deleted: '',
    token: '',
  });
  expect(main.summary).toContain(made?.id);
  expect(main.annotations).toMatchObject([
    { level: 'warning', message: expect.stringContaining(setting.original.id) },
  ]);
  expect(post.shown).toBe('');
  for (const phase of [main, post]) expectNoSecret(phase, everyToken(setting));
});

it('gives the new token as an output where that is requested, masked', async () => {
  await using setting = await setUpRotate();
  const { main } = await setting.run({ 'output-token': 'true' });
  expect(main.outputs['token']).toBe(setting.value());
  expect(main.masks).toContain(setting.value());
  expectNoSecret(main, everyToken(setting), ['GITHUB_OUTPUT']);
});

it('rotates a public token with its URLs by an authorizing token of its own', async () => {
  await using setting = await setUpRotate({ powers: [...POWERS, 'styles:read', 'fonts:read'] });
  const web = setting.mapbox.account.issue({
    scopes: ['styles:read', 'fonts:read'],
    note: 'Web map',
    allowedUrls: ['https://example.com', 'https://example.org'],
  });
  const place = `repos/${REPOSITORY}/actions/secrets/WEB_TOKEN`;
  setting.github.secrets.set(place, web.token);
  const { main } = await setting.run({
    token: web.token,
    secret: 'WEB_TOKEN',
    'authorizing-token': setting.original.token,
  });
  expect(main.exitCode).toBe(0);
  const made = setting.mapbox.account.find(main.outputs['token-id'] ?? '');
  expect(made).toMatchObject({ usage: 'pk', scopes: web.scopes, allowedUrls: web.allowedUrls });
  expect(setting.value(place)).toBe(made?.token);
  expect(setting.value()).toBe(setting.original.token);
});

it('says what it would do in a dry run, and does nothing', async () => {
  await using setting = await setUpRotate();
  const { main } = await setting.run({ 'dry-run': 'true' });
  expect(main.outputs).toMatchObject({ rotated: 'false', 'token-id': setting.original.id });
  expect(main.shown).toMatch(
    /Dry run: would replace the secret token .* in the secret `MAPBOX_AUTHORIZING_TOKEN`/,
  );
  expectUntouched(setting);
});

it('leaves a token alone that is younger than max-age', async () => {
  await using setting = await setUpRotate();
  const { main } = await setting.run({ 'max-age': '30d' });
  expect([main.exitCode, main.outputs['rotated']]).toEqual([0, 'false']);
  expectUntouched(setting);
});

it('deletes the replaced token at once where it has leaked', async () => {
  await using setting = await setUpRotate();
  const { main } = await setting.run({ 'revoke-previous': 'now', 'max-age': '30d' });
  expect(main.outputs['deleted']).toBe(setting.original.id);
  expect(setting.mapbox.account.find(setting.original.id)).toBeUndefined();
  expect(setting.mapbox.account.isAlive(setting.value())).toBe(true);
  expect(main.shown).toContain('Later steps of this job');
  const deletions = setting.mapbox.requests.filter(({ method }) => method === 'DELETE');
  expect(deletions.map(({ query }) => query.get('access_token'))).toEqual([setting.value()]);
});

function expectUntouched({ value, original, made, github }: RotateSetting, secret = original.token): void {
  expect(made()).toEqual([]);
  expect(value()).toBe(secret);
  expect(github.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
}

const text = (usage: 'pk' | 'sk', payload: object) =>
  [usage, Buffer.from(JSON.stringify(payload)).toString('base64url'), 'S'.repeat(22)].join('.');
const id = `c${'0'.repeat(24)}`;
const key = Buffer.from('another account');
const temporary = writeToken(
  { usage: 'tk', payload: { u: 'octo', exp: 4e9, iat: 1, scopes: POWERS, client: 'api' } },
  key,
);

describe('fails with one titled annotation, nothing created and the secret untouched, without a request, given', () => {
  it.each<[string, Record<string, string>, string, RegExp]>([
    ['no token', { token: '' }, 'Invalid input', /`token` is empty.*forks/],
    ['no token but blanks', { token: ' \n' }, 'Invalid input', /`token` is empty/],
    ['a temporary token', { token: temporary }, 'Invalid input', /temporary token/],
    ['a password', { token: 'correct-horse-battery' }, 'Invalid input', /not a Mapbox token/],
    ['a token without an id', { token: text('sk', { u: 'octo' }) }, 'Invalid input', /no id/],
    [
      'a public token and no authorizing token',
      { token: text('pk', { u: 'octo', a: id }) },
      'Missing authorizing token',
      /cannot create its own replacement.*`authorizing-token`/,
    ],
    [
      'a public authorizing token',
      { 'authorizing-token': text('pk', { u: 'octo', a: id }) },
      'Invalid authorizing token',
      /public token/,
    ],
    [
      'an authorizing token of another account',
      { 'authorizing-token': text('sk', { u: 'hexa', a: id }) },
      'Invalid input',
      /different Mapbox accounts/,
    ],
    ['no secret', { secret: '' }, 'Invalid input', /`secret` is empty/],
    [
      'a name that no secret can have',
      { secret: 'MAPBOX-TOKEN' },
      'Invalid input',
      /`MAPBOX-TOKEN`.*letters/,
    ],
    ['a name of GitHub’s own', { secret: 'GITHUB_MAPBOX' }, 'Invalid input', /`GITHUB_`/],
    [
      'a token for a name',
      { secret: text('sk', { u: 'octo', a: id }) },
      'Invalid input',
      /`secret` contains a token/,
    ],
    ['no GitHub token', { 'github-token': '' }, 'Invalid input', /`github-token` is empty.*GitHub App/],
    ['a GitHub token in two lines', { 'github-token': 'ghs_a\nb' }, 'Invalid input', /`github-token` is not/],
    ['a repository without an owner', { repositories: 'maps' }, 'Invalid input', /`maps`.*`owner\/name`/],
    ['a repository of dots', { repositories: 'octo/..' }, 'Invalid input', /`octo\/\.\.`/],
    ['an environment of dots', { environment: '..' }, 'Invalid input', /`environment` is `\.\.`/],
    ['an organization with a slash', { organization: 'a/b' }, 'Invalid input', /`organization` is `a\/b`/],
    [
      'an organization and an environment',
      { organization: 'octo-org', environment: 'production' },
      'Invalid input',
      /cannot be used together/,
    ],
    [
      'an organization and repositories',
      { organization: 'octo-org', repositories: 'octo-org/site' },
      'Invalid input',
      /`organization` and `repositories` cannot be used together/,
    ],
    ['an app that GitHub does not have', { app: 'pages' }, 'Invalid input', /`app` contains `pages`/],
    [
      'an environment for Dependabot',
      { environment: 'production', app: 'dependabot' },
      'Invalid input',
      /`app: actions` only/,
    ],
    ['an age without a unit', { 'max-age': '30' }, 'Invalid input', /`max-age` is `30`/],
    ['an age of zero', { 'max-age': '0d' }, 'Invalid input', /`max-age`/],
    ['another time to revoke', { 'revoke-previous': 'later' }, 'Invalid input', /`later`.*`next-rotation`/],
    ['a flag that is neither', { 'revoke-original': 'maybe' }, 'Invalid input', /`revoke-original`/],
    ['a flag for the output', { 'output-token': 'yes' }, 'Invalid input', /`output-token`/],
    ['a time-out without a unit', { timeout: '300' }, 'Invalid input', /`timeout`/],
    ['plain HTTP', { 'api-url': 'http://example.com' }, 'Invalid input', /`api-url`/],
  ])('%s', async (_, inputs, title, says) => {
    await using setting = await setUpRotate();
    const { main, post } = await setting.run(inputs);
    expectFailure(main, title, says);
    expect([setting.mapbox.requests, setting.github.requests]).toEqual([[], []]);
    expectUntouched(setting);
    expect(post.shown).toBe('');
    const secrets = Object.values({ ...setting.inputs(), ...inputs }).filter(value => value.includes('.ey'));
    expectNoSecret(main, [...everyToken(setting), ...secrets]);
  });

  it('many problems at once, and reports every one', async () => {
    await using setting = await setUpRotate();
    const { main } = await setting.run({ token: '', secret: '', app: 'x', 'max-age': 'y', timeout: 'z' });
    expectFailure(
      main,
      'Invalid inputs',
      /`token`[\s\S]*`secret`[\s\S]*`app`[\s\S]*`max-age`[\s\S]*`timeout`/,
    );
  });
});

function expectFailure(main: PhaseResult, title: string, says: RegExp): void {
  expect(main.exitCode).toBe(1);
  expect(main.annotations).toMatchObject([{ level: 'error', title, message: expect.stringMatching(says) }]);
  expect([main.outputs, main.env]).toEqual([{}, {}]);
  expect(main.stderr).toBe('');
}

describe('fails with one titled annotation, nothing created and the secret untouched, where', () => {
  type Prepare = (setting: RotateSetting) => Record<string, string>;
  const limited =
    (permissions: Record<string, 'read' | 'write'>, hides = false): Prepare =>
    ({ github }) => {
      const token = newToken();
      github.addCredential(token, { permissions, hides });
      return { 'github-token': token };
    };
  const cases: readonly [string, Prepare, string, RegExp][] = [
    [
      'the token is of another account',
      () => ({ token: text('sk', { u: 'octo', a: id }) }),
      'Mapbox rejected the authorizing token',
      /invalid/,
    ],
    [
      'the token was deleted by rotations since the run was created',
      ({ mapbox, original }) => {
        mapbox.account.delete(original.id);
        return {};
      },
      'Mapbox rejected the authorizing token',
      /older than the last rotation, start a new run/,
    ],
    [
      'the token was deleted',
      ({ mapbox, original }) => {
        const web = mapbox.account.issue({ scopes: ['styles:read'] });
        mapbox.account.delete(web.id);
        return { token: web.token, 'authorizing-token': original.token };
      },
      'Token to rotate not found',
      /is not in the account .*start a new run/,
    ],
    [
      'the authorizing token lacks a scope of the token',
      ({ mapbox, github, original }) => {
        const { token } = mapbox.account.issue({ scopes: ['uploads:write', 'datasets:write'] });
        github.secrets.set(PLACE, token);
        return { token, 'authorizing-token': original.token };
      },
      'Authorizing token is missing scopes',
      /lacks `uploads:write`, `datasets:write`/,
    ],
    [
      'the authorizing token cannot list',
      ({ mapbox }) => ({ token: mapbox.account.issue({ scopes: ['tokens:write'] }).token }),
      'Mapbox account or permission not found',
      /lacks `tokens:read`/,
    ],
    [
      'the secret is not there',
      () => ({ secret: 'MAPBOX_TOKEN' }),
      'GitHub secret not found',
      /cannot find the secret `MAPBOX_TOKEN` of octo-org\/maps.*does not create secrets/,
    ],
    [
      'the GitHub token may write nothing',
      limited({}),
      'GitHub permission missing',
      /403.*\*Secrets: write\* \(`permission-secrets: write`.*`secrets=read`/,
    ],
    [
      'the GitHub token may not, and GitHub hides it',
      limited({}, true),
      'GitHub secret not found',
      /404: "Not Found"\. Possible causes: octo-org\/maps does not exist/,
    ],
    [
      'the environment is not there',
      () => ({ environment: 'need/encoding' }),
      'GitHub secret not found',
      /the environment `need\/encoding` of octo-org\/maps.*\*Environments: write\*/,
    ],
    [
      'secrets of Codespaces may only be read',
      ({ github }) => {
        github.secrets.set(`repos/${REPOSITORY}/codespaces/secrets/${SECRET}`, 'x');
        return { app: 'codespaces', ...limited({ codespaces_secrets: 'read' })({ github } as RotateSetting) };
      },
      'GitHub permission missing',
      /\*Codespaces secrets: write\*.*even reading requires write access/,
    ],
    [
      'the GitHub token is not valid',
      () => ({ 'github-token': newToken() }),
      'GitHub rejected the github-token',
      /401.*one hour/,
    ],
    [
      'the repository was renamed',
      ({ github }) => {
        github.directory.addRepository('octo-org/old');
        github.directory.renameRepository('octo-org/old', 'octo-org/new');
        return { repositories: 'octo-org/old' };
      },
      'GitHub secret not found',
      /301, a redirect.*renamed/,
    ],
  ];
  it.each(cases)('%s', async (_, prepare, title, says) => {
    await using setting = await setUpRotate();
    const { mapbox, github } = setting;
    const before = () => setting.made().length;
    const inputs = prepare(setting);
    const made = before();
    const { main, post } = await setting.run(inputs);
    expectFailure(main, title, says);
    expect(setting.made()).toHaveLength(made);
    expect(github.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(mapbox.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(post.shown).toBe('');
    expectNoSecret(main, everyToken(setting));
  });

  it('the GitHub token may only read: what was created is deleted again', async () => {
    await using setting = await setUpRotate();
    const inputs = limited({ secrets: 'read' })(setting);
    const { main, post } = await setting.run(inputs);
    expectFailure(main, 'GitHub permission missing', /`secrets=write`.*was deleted\. The secret still has/);
    expect(setting.made()).toEqual([]);
    expect(setting.value()).toBe(setting.original.token);
    expect(post.shown).toBe('');
  });

  it('the run is older than the secret', async () => {
    await using setting = await setUpRotate();
    const stale = setting.value();
    await setting.run();
    const [replacement] = setting.made();
    const { main } = await setting.run({ token: stale });
    expectFailure(
      main,
      'Secret has another token',
      new RegExp(
        `${setting.original.id}[^]*${replacement?.id}[^]*re-run[^]*overrides[^]*restored the old token`,
      ),
    );
    expect(setting.made()).toHaveLength(1);
    expect(setting.value()).toBe(replacement?.token);
  });
});

describe('what a killed rotation leaves', () => {
  // Its process id is known on Linux only: it may have gone on after the state was read.
  it.runIf(process.platform === 'linux')(
    'is named by the post step, and deleted by the next rotation, where no secret has it',
    async () => {
      await using setting = await setUpRotate({
        mapbox: {
          fault: ({ method, path }) =>
            method === 'GET' && path === '/tokens/v2' ? { kind: 'hang', processed: false } : undefined,
        },
      });
      const { startAction } = await import('../support/runner/step.ts');
      const started = startAction({
        action: ROTATE,
        inputs: setting.inputs(),
        github: { repository: REPOSITORY, api_url: setting.github.url },
      });
      await until(() => setting.mapbox.requests.some(({ path }) => path === '/tokens/v2'));
      expect(setting.made()).toHaveLength(1);
      setting.mapbox.fault = undefined;
      started.kill();
      const { post } = await started.done;
      const [left] = setting.made();
      expect(post.shown).toContain(left?.id);
      expect(setting.value()).toBe(setting.original.token);
      const { main } = await setting.run();
      expect(main.outputs).toMatchObject({ rotated: 'true', deleted: left?.id });
    },
  );

  it('is named by the post step, and left alone, where the secret may have it', async () => {
    await using setting = await setUpRotate();
    setting.github.fault = ({ method }) => (method === 'PUT' ? { kind: 'hang', processed: true } : undefined);
    const { startAction } = await import('../support/runner/step.ts');
    const started = startAction({
      action: ROTATE,
      inputs: setting.inputs(),
      github: { repository: REPOSITORY, api_url: setting.github.url },
    });
    await until(() => setting.github.requests.some(({ method }) => method === 'PUT'));
    setting.github.fault = undefined;
    started.kill();
    const { post } = await started.done;
    const [made] = setting.made();
    expect(setting.value()).toBe(made?.token);
    expect(setting.mapbox.account.find(setting.original.id)).toBeDefined();
    expect(post.exitCode).toBe(0);
    expect(post.annotations).toMatchObject([
      { level: 'warning', message: expect.stringMatching(new RegExp(`${made?.id}.*${setting.original.id}`)) },
    ]);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5));
}

it(`keeps who has an organization's secret, over pages`, async () => {
  await using setting = await setUpRotate();
  const { github } = setting;
  github.directory.addOrganization('octo-org');
  const ids = Array.from({ length: 120 }, (_, n) => github.directory.addRepository(`octo-org/r${n}`).id);
  const place = `orgs/octo-org/actions/secrets/${SECRET}`;
  github.secrets.set(place, setting.original.token, { visibility: 'selected', repositories: ids });
  const { main } = await setting.run({ organization: 'octo-org', token: setting.original.token });
  expect(main.exitCode).toBe(0);
  const stored = github.secrets.get(place);
  expect(stored?.value).not.toBe(setting.original.token);
  expect(stored?.access).toEqual({ visibility: 'selected', repositories: ids });
  expect(setting.value(PLACE)).toBe(setting.original.token);
});
