/** The rotation as it ships: its bundles, started as the runner starts them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { rotateInputNames } from '../../src/rotate/inputs.ts';
import { rotateOutputNames } from '../../src/rotate/report.ts';
import { tracesOf } from '../support/bundle.ts';
import { newToken } from '../support/github/client.ts';
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

/** No stream, file or annotation has any of these texts, except mask commands and the `allowed` ones. */
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

it('replaces the token in the secret with an equivalent one, and shows neither', async () => {
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

it('outputs the new token, masked, if requested', async () => {
  await using setting = await setUpRotate();
  const main = await setting.runMain({ 'output-token': 'true' });
  expect(main.outputs['token']).toBe(setting.value());
  expect(main.masks).toContain(setting.value());
  expectNoSecret(main, everyToken(setting), ['GITHUB_OUTPUT']);
});

it('rotates a public token, and keeps its URLs, with a separate authorizing token', async () => {
  await using setting = await setUpRotate({ powers: [...POWERS, 'styles:read', 'fonts:read'] });
  const web = setting.mapbox.account.issue({
    scopes: ['styles:read', 'fonts:read'],
    note: 'Web map',
    allowedUrls: ['https://example.com', 'https://example.org'],
  });
  const place = `repos/${REPOSITORY}/actions/secrets/WEB_TOKEN`;
  setting.github.secrets.set(place, web.token);
  const main = await setting.runMain({
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

it('reports in a dry run what it would do, and does nothing', async () => {
  await using setting = await setUpRotate();
  const main = await setting.runMain({ 'dry-run': 'true' });
  expect(main.outputs).toMatchObject({ rotated: 'false', 'token-id': setting.original.id });
  expect(main.shown).toMatch(
    /Dry run: would replace the secret token .* in the secret `MAPBOX_AUTHORIZING_TOKEN`/,
  );
  expectUntouched(setting);
});

it('does not rotate a token that is younger than max-age', async () => {
  await using setting = await setUpRotate();
  const main = await setting.runMain({ 'max-age': '30d' });
  expect([main.exitCode, main.outputs['rotated']]).toEqual([0, 'false']);
  expectUntouched(setting);
});

it('deletes the replaced token at once if it has leaked', async () => {
  await using setting = await setUpRotate();
  const main = await setting.runMain({ 'revoke-previous': 'now', 'max-age': '30d' });
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

// The checks themselves are tested in unit/rotate.
describe('fails before any request, with one titled annotation and the secret untouched, given', () => {
  it.each<[string, Record<string, string>, string, RegExp]>([
    [
      'a public token and no authorizing token',
      { token: text('pk', { u: 'octo', a: id }) },
      'Missing authorizing token',
      /cannot create its own replacement.*`authorizing-token`/,
    ],
    [
      'a token as the name of the secret',
      { secret: text('sk', { u: 'octo', a: id }) },
      'Invalid input',
      /`secret` contains a token/,
    ],
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
    const main = await setting.runMain({ token: '', secret: '', app: 'x', 'max-age': 'y', timeout: 'z' });
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

// Other rejections are in integration/rotate-refused.
describe('fails with one titled annotation, and the secret untouched, if', () => {
  it('the GitHub token can only read, and deletes the new token', async () => {
    await using setting = await setUpRotate();
    const readOnly = newToken();
    setting.github.addCredential(readOnly, { permissions: { secrets: 'read' } });
    const { main, post } = await setting.run({ 'github-token': readOnly });
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
    const main = await setting.runMain({ token: stale });
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

describe('a token that a killed rotation leaves', () => {
  // The post step can tell only on Linux that the main step has ended.
  it.runIf(process.platform === 'linux')(
    'is named by the post step, and deleted by the next rotation, if no secret has it',
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
      const main = await setting.runMain();
      expect(main.outputs).toMatchObject({ rotated: 'true', deleted: left?.id });
    },
  );

  it('is named by the post step, and kept, if the secret may have it', async () => {
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

it('keeps the repository access of an organization’s secret, across several pages', async () => {
  await using setting = await setUpRotate();
  const { github } = setting;
  github.directory.addOrganization('octo-org');
  const ids = Array.from({ length: 120 }, (_, n) => github.directory.addRepository(`octo-org/r${n}`).id);
  const place = `orgs/octo-org/actions/secrets/${SECRET}`;
  github.secrets.set(place, setting.original.token, { visibility: 'selected', repositories: ids });
  const main = await setting.runMain({ organization: 'octo-org', token: setting.original.token });
  expect(main.exitCode).toBe(0);
  const stored = github.secrets.get(place);
  expect(stored?.value).not.toBe(setting.original.token);
  expect(stored?.access).toEqual({ visibility: 'selected', repositories: ids });
  expect(setting.value(PLACE)).toBe(setting.original.token);
});
