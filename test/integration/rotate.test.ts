/** Rotations of one secret, in process. */
import { expect, it } from 'vitest';
import { GITHUB_TOKEN, REPOSITORY, RotationSimulation } from '../support/rotation-simulation.ts';

const DAY = 86_400_000;
const PLACE = `repos/${REPOSITORY}/actions/secrets/MAPBOX_AUTHORIZING_TOKEN`;
const POWERS = ['tokens:read', 'tokens:write', 'tilesets:write'];

it('rotates three times in a row, and deletes at each what the one before replaced', async () => {
  const simulation = new RotationSimulation();
  const { account, github } = simulation;
  const original = account.issue({ scopes: POWERS, note: 'Releases' });
  github.secrets.set(PLACE, original.token);
  const tokens = [original.id];
  for (const runId of ['101', '102', '103']) {
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
    for (const line of ended.said) console.info(`${line.kind}: ${line.text}`);
    console.info(ended.summary, ended.outputs);
    console.info(account.tokens().map(({ id, note }) => `${id} ${note}`));
    expect(ended.end).toBe('success');
    tokens.push(ended.outputs['token-id'] ?? '');
  }
  expect(github.takeProblems()).toEqual([]);
});
