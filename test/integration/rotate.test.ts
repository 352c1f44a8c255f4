/** Rotations of one secret, in process. */
import { expect, it } from 'vitest';
import { GITHUB_TOKEN, REPOSITORY, RotationSimulation } from '../support/rotation-simulation.ts';

const DAY = 86_400_000;
const PLACE = `repos/${REPOSITORY}/actions/secrets/MAPBOX_AUTHORIZING_TOKEN`;
const POWERS = ['tokens:read', 'tokens:write', 'tilesets:write'];

it('rotates three times in a row, and deletes at each what the one before the last put there', async () => {
  const simulation = new RotationSimulation();
  const { account, github } = simulation;
  const original = account.issue({ scopes: POWERS, note: 'Releases' });
  github.secrets.set(PLACE, original.token);
  const ids = [original.id];
  const alive = () => account.tokens().flatMap(token => (token.default ? [] : [token.id]));
  const rotate = async (runId: string) => {
    simulation.pass(7 * DAY);
    const ended = await simulation.rotate({
      inputs: {
        token: github.secrets.get(PLACE)?.value ?? '',
        secret: 'MAPBOX_AUTHORIZING_TOKEN',
        'github-token': GITHUB_TOKEN,
        summary: 'true',
      },
      runId,
      chance: Number(runId),
    });
    ids.push(ended.outputs['token-id'] ?? '');
    expect(github.secrets.get(PLACE)?.value).toBe(account.find(ids.at(-1) ?? '')?.token);
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
    `info: The token ${ids[2]} ("Releases") stays for jobs that already have it. The next rotation deletes it.`,
    `warning: The token ${ids[0]} ("Releases") was created by no rotation and may be in use elsewhere. Delete it on the Tokens page when nothing uses it.`,
  ]);
  for (const id of ids) expect(summary).toContain(id);
  expect(github.takeProblems()).toEqual([]);
});
