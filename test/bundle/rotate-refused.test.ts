/** Where GitHub or Mapbox refuses while the bundle rotates: one titled error, and a living token in every secret. */
import { describe, expect, it } from 'vitest';
import { POWERS, REPOSITORY, type RotateSetting, SECRET, setUpRotate } from '../support/rotate-setting.ts';
import type { PhaseResult } from '../support/runner/step.ts';

function expectError(main: PhaseResult, title: string, says: RegExp): void {
  expect(main.exitCode).toBe(1);
  expect(main.annotations).toMatchObject([{ level: 'error', title, message: expect.stringMatching(says) }]);
  expect([main.outputs, main.env, main.stderr]).toEqual([{}, {}, '']);
}

const idsOf = ({ mapbox }: RotateSetting) => mapbox.account.tokens().map(({ id }) => id);

describe('a replacement that is in no secret is deleted if', () => {
  it.each<[string, (setting: RotateSetting) => void, string, RegExp]>([
    [
      'GitHub does not take the value, though its key was read again',
      ({ github }) => {
        github.fault = ({ method }) => (method === 'PUT' ? { kind: 'refused', status: 422 } : undefined);
      },
      'Unexpected response from GitHub',
      /422: it rejected the new value of the secret `MAPBOX_AUTHORIZING_TOKEN`.*was deleted/,
    ],
    [
      'the token of the GitHub App has expired by then',
      ({ github }) => {
        github.fault = ({ method }) => (method === 'PUT' ? { kind: 'refused', status: 401 } : undefined);
      },
      'GitHub rejected the github-token',
      /is valid for one hour.*was deleted/,
    ],
    [
      'the place is gone by then',
      ({ github }) => {
        github.fault = ({ method }) => (method === 'PUT' ? { kind: 'refused', status: 404 } : undefined);
      },
      'GitHub secret not found',
      /404.*was deleted/,
    ],
    [
      'Mapbox does not confirm that it is valid',
      ({ mapbox }) => {
        mapbox.fault = ({ method, path }) =>
          method === 'GET' && path === '/tokens/v2'
            ? { kind: 'status', status: 200, processed: false, body: { code: 'TokenRevoked' } }
            : undefined;
      },
      'Token does not match the request',
      /does not confirm that it is valid.*was deleted/,
    ],
  ])('%s', async (_, prepare, title, says) => {
    await using setting = await setUpRotate();
    const before = idsOf(setting);
    prepare(setting);
    const { main, post } = await setting.run({ timeout: '4s' });
    expectError(main, title, says);
    expect(idsOf(setting)).toEqual(before);
    expect(setting.value()).toBe(setting.original.token);
    expect(post.shown).toBe('');
  });
});

describe('nothing is deleted where', () => {
  it('GitHub failed and nobody knows what the secret has', async () => {
    await using setting = await setUpRotate();
    const before = idsOf(setting);
    setting.github.fault = ({ method }) =>
      method === 'PUT' ? { kind: 'status', status: 502, processed: false } : undefined;
    const { main, post } = await setting.run({ timeout: '3s' });
    const made = setting.made();
    expectError(
      main,
      'Secret not updated',
      new RegExp(`Either the new token, ${made[0]?.id}, or the old one, ${setting.original.id}: `),
    );
    expect(idsOf(setting)).toEqual([...before, made[0]?.id]);
    expect(setting.value()).toBe(setting.original.token);
    expect(post.shown).toBe('');
  });

  it('one of two places did not get the token', async () => {
    await using setting = await setUpRotate();
    const { github, original } = setting;
    const other = `repos/octo-org/site/actions/secrets/${SECRET}`;
    github.directory.addRepository('octo-org/site');
    github.secrets.set(other, original.token);
    github.fault = ({ method, path }) =>
      method === 'PUT' && path.includes('/site/') ? { kind: 'refused', status: 403 } : undefined;
    const { main } = await setting.run({ repositories: `octo-org/site\n${REPOSITORY}` });
    const [made] = setting.made();
    expectError(
      main,
      'Secrets have different tokens',
      new RegExp(`new token, ${made?.id}: .*octo-org/maps[^]*Still an older token: .*octo-org/site`),
    );
    expect([setting.value(), setting.value(other)]).toEqual([made?.token, original.token]);
    expect(setting.mapbox.account.isAlive(original.token)).toBe(true);
  });
});

it('is a success with a warning where what has leaked cannot be deleted', async () => {
  await using setting = await setUpRotate();
  setting.mapbox.fault = ({ method }) =>
    method === 'DELETE' ? { kind: 'status', status: 500, processed: false } : undefined;
  const { main, post } = await setting.run({ 'revoke-previous': 'now', timeout: '3s' });
  expect([main.exitCode, main.outputs['rotated'], main.outputs['deleted']]).toEqual([0, 'true', '']);
  expect(main.annotations).toMatchObject([
    {
      level: 'warning',
      message: expect.stringMatching(
        new RegExp(`could not be deleted[^]*leaked[^]*${setting.original.id}[^]*Tokens page`),
      ),
    },
  ]);
  expect(setting.value()).toBe(setting.made()[0]?.token);
  expect(post.shown).toBe('');
});

it('needs every repository of a selected secret: one that is not listed would lose it', async () => {
  await using setting = await setUpRotate();
  const { github, original } = setting;
  github.directory.addOrganization('octo-org');
  const ids = ['r1', 'r2'].map(name => github.directory.addRepository(`octo-org/${name}`).id);
  const place = `orgs/octo-org/actions/secrets/${SECRET}`;
  github.secrets.set(place, original.token, { visibility: 'selected', repositories: ids });
  github.fault = ({ path }) =>
    path.includes(`/${SECRET}/repositories`)
      ? { kind: 'status', status: 200, processed: false, body: { total_count: 2, repositories: [] } }
      : undefined;
  const { main } = await setting.run({ organization: 'octo-org', token: original.token });
  expectError(main, 'Unexpected response from GitHub', /lists only 0 of the 2 repositories/);
  expect(setting.made()).toEqual([]);
  expect(github.secrets.get(place)?.access).toEqual({ visibility: 'selected', repositories: ids });
});

it('refuses to delete a leaked token that may be in two secrets, before anything is created', async () => {
  await using setting = await setUpRotate({ powers: POWERS });
  const { original } = setting;
  const { main } = await setting.run({ 'authorizing-token': original.token, 'revoke-previous': 'now' });
  expectError(main, 'Invalid input', /the same token as `token`.*leave out `authorizing-token`/);
  expect(setting.made()).toEqual([]);
  expect(setting.value()).toBe(original.token);
});
