/** Rotations that Mapbox or GitHub rejects end with one titled error and a working token in the secret. */
import { describe, expect, it } from 'vitest';
import { newToken } from '../support/github/client.ts';
import {
  GITHUB_TOKEN,
  REPOSITORY,
  type SimulatedEnd,
  type SimulatedFault,
  type SimulatedFaults,
} from '../support/rotation-simulation.ts';
import { idOf, tokenText } from '../support/tokens.ts';
import { A, B, isPut, NAME, POWERS, SITE, twoRepositories } from '../support/two-repositories.ts';

/** A secret with a token, and a function that rotates it. */
function setUp() {
  const setting = twoRepositories({ places: [A] });
  const { simulation, value } = setting;
  return {
    ...setting,
    /** Runs the main and the post step. */
    async rotate(inputs: Readonly<Record<string, string>> = {}, faults?: SimulatedFaults) {
      const given = { token: value(), timeout: '3s', ...inputs };
      const main = await setting.rotate(given, { faults });
      const post = await simulation.post({
        inputs: { 'github-token': GITHUB_TOKEN, ...given },
        state: main.state,
      });
      return { main, post };
    },
  };
}

type Setting = ReturnType<typeof setUp>;

/** Whether a request is a put into a secret in `repository`. */
const onPut =
  (fault: SimulatedFault, repository = ''): SimulatedFaults =>
  ({ method, path }) =>
    method === 'PUT' && path.includes(repository) ? fault : undefined;

function expectError({ said, outputs, end }: SimulatedEnd, title: string, says: RegExp): void {
  expect(end).toBe('failure');
  const errors = said.filter(({ kind }) => kind !== 'info' && kind !== 'debug');
  expect(errors).toEqual([{ kind: 'error', text: expect.stringMatching(new RegExp(`^${title}: `)) }]);
  expect(errors[0]?.text.slice(title.length + 2)).toMatch(says);
  expect(outputs).toEqual({});
}

describe('before a replacement is created, the rotation fails if', () => {
  const limited =
    (permissions: Record<string, 'read' | 'write'>, hides = false) =>
    ({ github }: Setting) => {
      const token = newToken();
      github.addCredential(token, { permissions, hides });
      return { 'github-token': token };
    };

  it.each<[string, (setting: Setting) => Record<string, string>, string, RegExp]>([
    [
      'the token belongs to another account',
      () => ({ token: tokenText('sk', { u: 'octo', a: idOf(1) }) }),
      'Mapbox rejected the authorizing token',
      /invalid/,
    ],
    [
      'the token was deleted by rotations since the run was created',
      ({ account, original }) => {
        account.delete(original.id);
        return {};
      },
      'Mapbox rejected the authorizing token',
      /older than the last rotation, start a new run/,
    ],
    [
      'the token was deleted',
      ({ account, original }) => {
        const web = account.issue({ scopes: ['styles:read'] });
        account.delete(web.id);
        return { token: web.token, 'authorizing-token': original.token };
      },
      'Token to rotate not found',
      /is not in the account .*start a new run/,
    ],
    [
      'the authorizing token lacks a scope of the token',
      ({ account, github, original }) => {
        const { token } = account.issue({ scopes: ['uploads:write', 'datasets:write'] });
        github.secrets.set(A, token);
        return { token, 'authorizing-token': original.token };
      },
      'Authorizing token is missing scopes',
      /lacks `uploads:write`, `datasets:write`/,
    ],
    [
      'the authorizing token cannot list tokens',
      ({ account }) => ({ token: account.issue({ scopes: ['tokens:write'] }).token }),
      'Mapbox account or permission not found',
      /lacks `tokens:read`/,
    ],
    [
      'the secret does not exist',
      () => ({ secret: 'MAPBOX_TOKEN' }),
      'GitHub secret not found',
      /cannot find the secret `MAPBOX_TOKEN` of octo-org\/maps.*does not create secrets/,
    ],
    [
      'the GitHub token has no permissions',
      limited({}),
      'GitHub permission missing',
      /403.*\*Secrets: write\* \(`permission-secrets: write`.*`secrets=read`/,
    ],
    [
      'the GitHub token has no permissions, and GitHub hides the secret',
      limited({}, true),
      'GitHub secret not found',
      /404: "Not Found"\. Possible causes: octo-org\/maps does not exist/,
    ],
    [
      'the environment does not exist',
      () => ({ environment: 'need/encoding' }),
      'GitHub secret not found',
      /the environment `need\/encoding` of octo-org\/maps.*\*Environments: write\*/,
    ],
    [
      'the GitHub token may only read secrets of Codespaces',
      setting => {
        setting.github.secrets.set(`repos/${REPOSITORY}/codespaces/secrets/${NAME}`, 'x');
        return { app: 'codespaces', ...limited({ codespaces_secrets: 'read' })(setting) };
      },
      'GitHub permission missing',
      /\*Codespaces secrets: write\*.*even reading requires write access/,
    ],
    [
      'the GitHub token is invalid',
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
    [
      'a leaked token is also the authorizing token, which another secret may hold',
      ({ original }) => ({ 'authorizing-token': original.token, 'revoke-previous': 'now' }),
      'Invalid input',
      /the same token as `token`.*leave out `authorizing-token`/,
    ],
    [
      'GitHub does not list every repository of a selected secret, so one would lose access',
      ({ github, original }) => {
        github.directory.addOrganization('octo-org');
        const ids = ['r1', 'r2'].map(name => github.directory.addRepository(`octo-org/${name}`).id);
        const place = `orgs/octo-org/actions/secrets/${NAME}`;
        github.secrets.set(place, original.token, { visibility: 'selected', repositories: ids });
        github.fault = ({ path }) =>
          path.includes(`/${NAME}/repositories`)
            ? { kind: 'status', status: 200, processed: false, body: { total_count: 2, repositories: [] } }
            : undefined;
        return { organization: 'octo-org', token: original.token };
      },
      'Unexpected response from GitHub',
      /lists only 0 of the 2 repositories/,
    ],
  ])('%s', async (_, prepare, title, says) => {
    const setting = setUp();
    const inputs = prepare(setting);
    const before = setting.alive();
    const secret = setting.value();
    const { main, post } = await setting.rotate(inputs);
    expectError(main, title, says);
    expect(main.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect([setting.alive(), setting.value()]).toEqual([before, secret]);
    expect(post.said).toEqual([]);
  });
});

describe('a replacement that is in no secret is deleted if', () => {
  const json = (status: 401 | 403 | 404 | 422) => onPut({ kind: 'refused', status });

  it.each<[string, SimulatedFaults, string, RegExp]>([
    [
      'GitHub rejects the value even after the key was read again',
      json(422),
      'Unexpected response from GitHub',
      /the secret `MAPBOX_AUTHORIZING_TOKEN`.*422: "Something"\. It rejected the new value\. .*was deleted/,
    ],
    [
      'the token of the GitHub App has expired',
      json(401),
      'GitHub rejected the github-token',
      /is valid for one hour.*was deleted/,
    ],
    ['the secret no longer exists', json(404), 'GitHub secret not found', /404.*was deleted/],
    [
      'Mapbox does not confirm that it is valid',
      ({ method, path }) =>
        method === 'GET' && path === '/tokens/v2'
          ? { kind: 'empty', status: 200, processed: false }
          : undefined,
      'Token does not match the request',
      /does not confirm that it is valid.*was deleted/,
    ],
  ])('%s', async (_, faults, title, says) => {
    const setting = setUp();
    const before = setting.alive();
    const { main, post } = await setting.rotate({}, faults);
    expectError(main, title, says);
    expect([setting.alive(), setting.value()]).toEqual([before, setting.original.token]);
    expect(post.said).toEqual([]);
  });
});

it.each([
  ['saved another value', /was changed during this run/, 'by a person'],
  ['deleted the secret', /404.*Possible causes: the secret was deleted during this run/, undefined],
])('claims nothing about a secret if someone %s meanwhile', async (_, says, left) => {
  const setting = setUp();
  const { account, github, simulation, value } = setting;
  const { end, said } = await simulation.rotate({
    inputs: { token: value(), secret: NAME, 'github-token': GITHUB_TOKEN },
    before({ method }) {
      if (method !== 'POST') return;
      if (left === undefined) github.secrets.delete(A);
      else github.secrets.set(A, account.issue({ scopes: POWERS, note: left }).token);
    },
  });
  const error = said.at(-1)?.text;
  expect([end, error]).toEqual(['failure', expect.stringMatching(says)]);
  expect(error).toMatch(/The new token \w+ was deleted\.$/);
});

it('deletes a replacement if the state cannot be saved before it is put', async () => {
  const setting = setUp();
  const before = setting.alive();
  const { end, said, requests } = await setting.simulation.rotate({
    inputs: { token: setting.value(), secret: NAME, 'github-token': GITHUB_TOKEN },
    diskFull: '"phase":"putting"',
  });
  expect(end).toBe('failure');
  expect(said.at(-1)?.text).toMatch(/GITHUB_STATE.*The new token \w+ was deleted\. The secret still has/);
  expect(requests.filter(isPut)).toEqual([]);
  expect(setting.alive()).toEqual(before);
});

it('says that the secret has the new token if nothing can be saved after the put', async () => {
  const setting = setUp();
  const { original, idIn, alive } = setting;
  const { end, said } = await setting.simulation.rotate({
    inputs: { token: setting.value(), secret: NAME, 'github-token': GITHUB_TOKEN, 'revoke-previous': 'now' },
    diskFull: '"phase":"deleting"',
  });
  expect(end).toBe('failure');
  expect(said.at(-1)?.text).toContain(`The secret has the new token ${idIn(A)}, but the outputs`);
  expect(alive()).not.toContain(original.id);
});

describe('nothing is deleted if', () => {
  it('GitHub fails and the value of the secret is unknown', async () => {
    const setting = setUp();
    const before = setting.alive();
    const { main, post } = await setting.rotate({}, onPut({ kind: 'server-error', processed: false }));
    const created = setting.alive().find(id => !before.includes(id));
    const either = `Either the new token, ${created}, or the old one, ${setting.original.id}: `;
    expectError(main, 'Secret not updated', new RegExp(either));
    expect([setting.alive(), setting.value()]).toEqual([[...before, created], setting.original.token]);
    expect(post.said).toEqual([]);
  });

  it('one of two secrets was not updated', async () => {
    const setting = setUp();
    const { github, original, value, account } = setting;
    github.secrets.set(B, original.token);
    const { main } = await setting.rotate(
      { repositories: `${SITE}\n${REPOSITORY}` },
      onPut({ kind: 'refused', status: 403 }, SITE),
    );
    const created = account.tokens().find(({ token }) => token === value());
    expectError(
      main,
      'Secrets have different tokens',
      new RegExp(`new token, ${created?.id}: .*octo-org/maps[^]*Still an older token: .*${SITE}`),
    );
    expect(value(B)).toBe(original.token);
    expect(setting.alive()).toEqual(expect.arrayContaining([original.id, created?.id]));
  });
});

it('succeeds with a warning if a leaked token cannot be deleted', async () => {
  const setting = setUp();
  const { main, post } = await setting.rotate({ 'revoke-previous': 'now' }, ({ method }) =>
    method === 'DELETE' ? { kind: 'server-error', processed: false } : undefined,
  );
  expect([main.end, main.outputs['rotated'], main.outputs['deleted']]).toEqual(['success', 'true', '']);
  expect(main.said.filter(({ kind }) => kind === 'warning')).toEqual([
    {
      kind: 'warning',
      text: expect.stringMatching(
        new RegExp(`could not be deleted[^]*leaked[^]*${setting.original.id}[^]*Tokens page`),
      ),
    },
  ]);
  expect(setting.alive()).toContain(setting.original.id);
  expect(post.said).toEqual([]);
});
