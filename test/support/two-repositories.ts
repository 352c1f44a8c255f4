/** One authorizing token in the secrets of two repositories, and rotations of it. */
import { expect } from 'vitest';
import {
  GITHUB_TOKEN,
  REPOSITORY,
  RotationSimulation,
  type SimulatedEnd,
  type SimulatedRequest,
  type SimulatedStep,
} from './rotation-simulation.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const POWERS = ['tokens:read', 'tokens:write', 'tilesets:write'];
export const SITE = 'octo-org/old-site';
export const NAME = 'MAPBOX_AUTHORIZING_TOKEN';
/** The primary place. */
export const A = `repos/${REPOSITORY}/actions/secrets/${NAME}`;
export const B = `repos/${SITE}/actions/secrets/${NAME}`;

export type TwoRepositories = ReturnType<typeof twoRepositories>;

/** The token is a day old. */
export function twoRepositories({ skews = {}, places = [A, B] } = {}) {
  const simulation = new RotationSimulation(skews);
  const { account, github } = simulation;
  github.directory.addRepository(SITE);
  const original = account.issue({ scopes: POWERS, note: 'Releases' });
  for (const place of places) github.secrets.set(place, original.token);
  simulation.pass(DAY);
  let runs = 100;
  const value = (place = A) => github.secrets.get(place)?.value ?? '';
  const idIn = (place: string) => account.tokens().find(({ token }) => token === value(place))?.id;
  const rotate = (inputs: Readonly<Record<string, string>> = {}, more: Partial<SimulatedStep> = {}) =>
    simulation.rotate({
      inputs: {
        token: inputs['token'] ?? value(),
        secret: NAME,
        ...(places.length > 1 && {
          repositories: places.map(place => place.split('/').slice(1, 3).join('/')).join('\n'),
        }),
        'github-token': GITHUB_TOKEN,
        ...inputs,
      },
      runId: String(runs),
      chance: runs++,
      ...more,
    });
  /** The IDs of all living tokens except the account's default one. */
  const alive = () => account.tokens().flatMap(token => (token.default ? [] : [token.id]));
  const expectAlive = () => {
    for (const place of places) expect(simulation.isAlive(value(place)), place).toBe(true);
  };
  return { simulation, account, github, original, value, idIn, rotate, alive, expectAlive };
}

export const textOf = ({ said }: SimulatedEnd) => said.map(({ text }) => text).join('\n');
export const errorOf = ({ said }: SimulatedEnd) => said.find(({ kind }) => kind === 'error')?.text ?? '';
export const isPut = ({ method }: Pick<SimulatedRequest, 'method'>) => method === 'PUT';
export const isDeletion = ({ method }: Pick<SimulatedRequest, 'method'>) => method === 'DELETE';
