/** Rotations of one secret, in process. */
import { describe, expect, it } from 'vitest';
import { GITHUB_TOKEN, RotationSimulation } from '../support/rotation-simulation.ts';
import { A, DAY, POWERS, twoRepositories } from '../support/two-repositories.ts';

it('rotates three times in a row, each time deleting the token from two rotations before', async () => {
  const simulation = new RotationSimulation();
  const { account, github } = simulation;
  const original = account.issue({ scopes: POWERS, note: 'Releases' });
  github.secrets.set(A, original.token);
  const ids = [original.id];
  const alive = () => account.tokens().flatMap(token => (token.default ? [] : [token.id]));
  const rotate = async (runId: string) => {
    simulation.pass(7 * DAY);
    const ended = await simulation.rotate({
      inputs: {
        token: github.secrets.get(A)?.value ?? '',
        secret: 'MAPBOX_AUTHORIZING_TOKEN',
        'github-token': GITHUB_TOKEN,
        summary: 'true',
      },
      runId,
      chance: Number(runId),
    });
    ids.push(ended.outputs['token-id'] ?? '');
    expect(github.secrets.get(A)?.value).toBe(account.find(ids.at(-1) ?? '')?.token);
    return ended;
  };

  await rotate('101');
  expect(alive()).toEqual([ids[0], ids[1]]);
  await rotate('102');
  expect(alive()).toEqual([ids[0], ids[1], ids[2]]);
  const { said, summary, outputs } = await rotate('103');
  expect(alive()).toEqual([ids[0], ids[2], ids[3]]);

  expect(outputs).toMatchObject({ rotated: 'true', 'previous-token-id': ids[2], deleted: ids[1] });
  const note = `Releases (octo-org/maps) [replaces ${ids[2]} ${ids[0]}: 123456789/103.1#`;
  expect(said.map(({ kind, text }) => `${kind}: ${text.split('\n')[0]}`)).toEqual([
    `info: Replacing the secret token ${ids[2]} ("Releases") with \`tokens:read\`, \`tokens:write\`, \`tilesets:write\` in the secret \`MAPBOX_AUTHORIZING_TOKEN\` of octo-org/maps.`,
    expect.stringContaining(
      `info: The secret \`MAPBOX_AUTHORIZING_TOKEN\` of octo-org/maps has the new token ${ids[3]}, "${note}`,
    ),
    `info: Deleted the token ${ids[1]}.`,
    `info: The token ${ids[2]} ("Releases") is kept for jobs that already have it. The next rotation deletes it.`,
    `warning: The token ${ids[0]} ("Releases") was not created by a rotation of this secret and may be in use elsewhere. Delete it on the Tokens page once nothing uses it.`,
  ]);
  for (const id of ids) expect(summary).toContain(id);
  expect(github.takeProblems()).toEqual([]);
});

describe('a rotation', () => {
  const setUp = () => twoRepositories({ places: [A] });
  const noteOf = (id: string | undefined, { account }: RotationSimulation) =>
    account.find(id ?? '')?.note ?? '';

  it('uses no nonce of another token, as tokens are found and deleted by it', async () => {
    const first = setUp();
    const end = await first.rotate({}, { chance: 7 });
    const nonce = /#(\w{8})\]$/.exec(noteOf(end.outputs['token-id'], first.simulation))?.[1];
    expect(nonce).toBeDefined();

    const second = setUp();
    second.account.issue({ scopes: ['styles:read'], note: `Web map #${nonce}` });
    const other = await second.rotate({}, { chance: 7 });
    expect(other.end).toBe('success');
    expect(noteOf(other.outputs['token-id'], second.simulation)).not.toContain(`#${nonce}`);
  });

  it.each([
    ['is valid', '/tokens/v2'],
    ['can list the tokens', '/tokens/v2/octo'],
  ])('puts no token unless Mapbox confirms that it %s, and deletes it', async (_, path) => {
    const { account, github, original, rotate } = setUp();
    let isCreated = false;
    const end = await rotate(
      {},
      {
        faults: ({ to, method, path: asked }) => {
          isCreated ||= method === 'POST';
          return isCreated && to === 'mapbox' && method === 'GET' && asked === path
            ? { kind: 'refused', status: 401 }
            : undefined;
        },
      },
    );
    expect(end.said.at(-1)?.text).toMatch(/^Token does not match the request: .*was deleted/);
    expect(github.secrets.get(A)?.value).toBe(original.token);
    expect(account.tokens().filter(token => !token.default)).toHaveLength(1);
    expect(end.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it('waits a few seconds for a token that is not yet known to every replica', async () => {
    const { rotate } = setUp();
    let refusals = 3;
    const end = await rotate(
      {},
      {
        faults: ({ path }) =>
          path === '/tokens/v2' && refusals-- > 0 ? { kind: 'refused', status: 401 } : undefined,
      },
    );
    expect(end.end).toBe('success');
  });

  it('names the leaked tokens that were still alive when it was interrupted', async () => {
    const inputs = { 'revoke-previous': 'now' };
    const { requests } = await setUp().rotate(inputs);
    const deletion = requests.findIndex(({ method }) => method === 'DELETE');
    expect(deletion).toBeGreaterThan(0);

    const { simulation, account, github, original, rotate } = setUp();
    const { end, state } = await rotate(inputs, { interruptAt: deletion });
    expect(end).toBe('interrupted');
    const post = await simulation.post({ inputs: { 'github-token': GITHUB_TOKEN }, state });
    const made = account.tokens().find(({ token }) => token === github.secrets.get(A)?.value);
    expect(post.requests).toEqual([]);
    expect(post.said).toEqual([
      {
        kind: 'warning',
        text: expect.stringMatching(
          new RegExp(
            `new token ${made?.id}\\. These leaked tokens are still alive: ${original.id}\\. Delete them`,
          ),
        ),
      },
    ]);
  });

  it('leaves an unstored replacement to the post step if it cannot be deleted', async () => {
    const { simulation, account, original, github, rotate } = setUp();
    const end = await rotate(
      {},
      {
        faults: ({ method }) => {
          if (method === 'PUT') return { kind: 'refused', status: 403 };
          return method === 'DELETE' ? { kind: 'server-error', processed: false } : undefined;
        },
      },
    );
    expect(end.said.at(-1)?.text).toMatch(
      /may still be alive: the post step and the next rotation try to delete it/,
    );
    const inputs = { token: original.token, 'github-token': GITHUB_TOKEN };
    const post = await simulation.post({ inputs, state: end.state });
    expect(post.said.map(({ kind }) => kind)).not.toContain('warning');
    expect(account.tokens().flatMap(token => (token.default ? [] : [token.id]))).toEqual([original.id]);
    expect(github.secrets.get(A)?.value).toBe(original.token);
  });

  it('names every token that it could not delete', async () => {
    const { simulation, github, original, rotate } = setUp();
    await rotate();
    simulation.pass(8 * DAY);
    const before = github.secrets.get(A)?.value;
    const inputs = { 'revoke-previous': 'now', 'revoke-original': 'true' };
    const refused = ({ method }: { readonly method: string }) =>
      method === 'DELETE' ? ({ kind: 'server-error', processed: false } as const) : undefined;
    const { end, outputs, said } = await rotate(inputs, { faults: refused });
    expect([end, outputs['deleted']]).toEqual(['success', '']);
    expect(said.filter(({ kind }) => kind === 'warning').map(({ text }) => text)).toEqual([
      expect.stringMatching(
        new RegExp(`leaked[\\s\\S]*- ${original.id} .*503[\\s\\S]*- ${outputs['previous-token-id']} .*503`),
      ),
    ]);
    expect(simulation.isAlive(before)).toBe(true);
  });

  it('replaces a leaked token of any age', async () => {
    const { original, rotate } = setUp();
    const ages = { 'max-age': '30d' };
    expect((await rotate(ages)).outputs['rotated']).toBe('false');
    const { outputs } = await rotate({ ...ages, 'revoke-previous': 'now' });
    expect(outputs).toMatchObject({ rotated: 'true', deleted: original.id });
  });

  it('deletes in the same run a token that a lost request created late', async () => {
    const { account, original, rotate } = setUp();
    let posts = 0;
    const end = await rotate(
      {},
      {
        faults: ({ method }) => (method === 'POST' && posts++ === 0 ? { kind: 'late', after: 2 } : undefined),
      },
    );
    expect(end.end).toBe('success');
    const alive = account.tokens().flatMap(token => (token.default ? [] : [token.id]));
    expect(alive).toEqual([original.id, end.outputs['token-id']]);
    expect(end.outputs['deleted']).not.toBe('');
  });
});
