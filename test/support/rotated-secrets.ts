/**
 * Three workflows that rotate secrets, and users who interfere. The invariants: every secret holds a living token, and
 * no token created by a rotation is forgotten.
 */
import { setImmediate } from 'node:timers/promises';
import { expect } from 'vitest';
import {
  GITHUB_TOKEN,
  REPOSITORY,
  RotationSimulation,
  type SimulatedEnd,
  type SimulatedFaults,
} from './rotation-simulation.ts';

export const DAY = 86_400_000;
const POWERS = ['tokens:read', 'tokens:write', 'tilesets:write', 'styles:read'];
const SITE = 'octo-org/site';

/** The rotation of one workflow. */
interface Config {
  readonly name: string;
  readonly places: readonly string[];
  readonly inputs: Readonly<Record<string, string>>;
  /** The source of its `authorizing-token`; `undefined`: `token` itself. */
  readonly authorizing: string | undefined;
}

const AUTHORIZING = `repos/${REPOSITORY}/actions/secrets/MAPBOX_AUTHORIZING_TOKEN`;

export const configs: readonly Config[] = [
  {
    name: 'the authorizing token of one repository',
    places: [AUTHORIZING],
    inputs: { secret: 'MAPBOX_AUTHORIZING_TOKEN' },
    authorizing: undefined,
  },
  {
    name: 'one token in an environment and elsewhere',
    places: [`repos/${REPOSITORY}/environments/need%2Fencoding/secrets/MAPBOX_TOKEN`],
    inputs: { secret: 'MAPBOX_TOKEN', environment: 'need/encoding' },
    authorizing: undefined,
  },
  {
    name: 'the public token of two repositories, also for Dependabot',
    places: [
      `repos/${REPOSITORY}/actions/secrets/WEB_TOKEN`,
      `repos/${SITE}/actions/secrets/WEB_TOKEN`,
      `repos/${REPOSITORY}/dependabot/secrets/WEB_TOKEN`,
      `repos/${SITE}/dependabot/secrets/WEB_TOKEN`,
    ],
    inputs: { secret: 'web_token', repositories: `${SITE}\n${REPOSITORY}`, app: 'actions dependabot' },
    authorizing: AUTHORIZING,
  },
];

/** A rotation and its faults. */
export interface RotationPlan {
  /** Index into {@link configs}. */
  readonly config: number;
  /** Index into the runs created earlier; else a new run. */
  readonly stale?: number | undefined;
  readonly revokePrevious?: string;
  readonly revokeOriginal?: boolean;
  readonly maxAge?: string;
  readonly faults?: SimulatedFaults | undefined;
  readonly dieAt?: number | undefined;
  readonly interruptAt?: number | undefined;
  readonly hasPost?: boolean;
  readonly postFaults?: SimulatedFaults | undefined;
  readonly postDieAt?: number | undefined;
  readonly diskFull?: boolean;
  readonly chance?: number;
}

function at<T>(list: readonly T[] | undefined, index: number): T {
  const found = list?.[index];
  if (found === undefined) throw new Error('not there');
  return found;
}

/** A workflow run, with the secrets' values at the time of its creation. */
interface Run {
  readonly id: string;
  readonly config: Config;
  readonly values: Readonly<Record<string, string>>;
  attempt: number;
}

export class RotatedSecrets {
  readonly simulation: RotationSimulation;
  readonly #runs: Run[] = [];
  /** Tokens that rotations must not touch. */
  readonly #bystanders: string[];
  /** Tokens that may still be in use: created by hand. */
  readonly #byHand = new Set<string>();
  readonly #past = new Map<Config, string[]>();
  /** Rotated twice within minutes: it is unknown which place missed the first one. */
  readonly #hasty = new Set<Config>();
  #runIds = 100;

  constructor(skews: Partial<RotationSimulation['skews']>) {
    this.simulation = new RotationSimulation(skews);
    const { account, github } = this.simulation;
    github.directory.addRepository(SITE);
    github.directory.repository(REPOSITORY)?.environments.add('need/encoding');
    // One token is kept in two secrets, which are rotated by two workflows.
    const shared = account.issue({ scopes: POWERS, note: 'Shared (octo-org/maps)' });
    const web = account.issue({
      scopes: ['styles:read'],
      note: 'Web map',
      allowedUrls: ['https://example.com'],
    });
    for (const config of configs) {
      for (const place of config.places)
        github.secrets.set(place, config.authorizing === undefined ? shared.token : web.token);
    }
    this.#byHand.add(shared.id).add(web.id);
    this.#bystanders = [
      account.issue({ scopes: ['tilesets:read'], note: 'Production [replaces: soon]' }).id,
      account.issue({ scopes: POWERS, note: `Other (x/y) [replaces ${shared.id}: 123456789/55.1#zzzzz123]` })
        .id,
      ...account.tokens().flatMap(token => (token.default ? [token.id] : [])),
    ];
    this.simulation.pass(DAY);
  }

  queue(index: number): Run {
    const config = at(configs, index);
    const places = [...config.places, AUTHORIZING];
    const values = Object.fromEntries(
      places.map(place => [place, this.simulation.github.secrets.get(place)?.value ?? '']),
    );
    const run = { id: String(this.#runIds++), config, values, attempt: 0 };
    this.#runs.push(run);
    return run;
  }

  /** Replaces GitHub's public key for the secret. */
  rotateKey(index: number): void {
    this.simulation.github.secrets.rotateKey(at(at(configs, index).places, 0));
  }

  changeByHand(index: number, everywhere: boolean, old: boolean): void {
    const config = at(configs, index);
    const { account, github } = this.simulation;
    const before = github.secrets.get(at(config.places, 0))?.value ?? '';
    const living = (this.#past.get(config) ?? []).filter(text => this.simulation.isAlive(text));
    let value = old ? living.at(-1) : undefined;
    if (value === undefined) {
      const scopes = config.authorizing === undefined ? POWERS : ['styles:read'];
      const created = account.issue({ scopes, note: 'By hand' });
      this.#byHand.add(created.id);
      value = created.token;
    }
    for (const place of everywhere ? config.places : config.places.slice(0, 1))
      github.secrets.set(place, value);
    this.#past.set(config, [...(this.#past.get(config) ?? []), before]);
  }

  /** Runs several rotations of one secret at once, with the same values, and checks the invariants. */
  async rotateAtOnce(
    plans: readonly {
      readonly config: number;
      readonly faults?: SimulatedFaults | undefined;
      readonly pause: number;
    }[],
  ): Promise<SimulatedEnd[]> {
    const runs = plans.map(({ config }) => this.queue(config));
    for (const { id } of runs) this.simulation.github.attempts.set(`${id}/1`, 'in_progress');
    const ends = await Promise.all(
      runs.map(async ({ id, config, values }, at) => {
        const plan = plans[at];
        for (let turn = 0; turn < (plan?.pause ?? 0); turn++) await setImmediate();
        const inputs = {
          ...config.inputs,
          token: values[config.places[0] ?? ''] ?? '',
          ...(config.authorizing !== undefined && { 'authorizing-token': values[config.authorizing] ?? '' }),
          'github-token': GITHUB_TOKEN,
        };
        const end = await this.simulation.rotate({
          inputs,
          runId: id,
          chance: Number(id),
          faults: plan?.faults,
        });
        await this.simulation.post({ inputs, runId: id, state: end.state });
        this.simulation.github.attempts.set(`${id}/1`, 'completed');
        this.#expectSecretsAlive('rotations at once');
        return end;
      }),
    );
    this.#expectSecretsAlive('rotations at once');
    for (const end of ends) this.#expectGoodManners(end);
    return ends;
  }

  /** Runs main and post step, and checks the invariants. */
  async rotate(plan: RotationPlan): Promise<SimulatedEnd> {
    // `now` has exceptions: requests of the last hour, and places that reject the token.
    if (plan.revokePrevious === 'now') this.simulation.pass(61 * 60_000);
    const waiting = this.#runs.filter(({ config }) => config === configs[plan.config]);
    const run =
      (plan.stale === undefined ? undefined : waiting[plan.stale % Math.max(1, waiting.length)]) ??
      this.queue(plan.config);
    run.attempt++;
    const { github, account } = this.simulation;
    const key = `${run.id}/${run.attempt}`;
    github.attempts.set(key, 'in_progress');
    const { config } = run;
    if (!this.#isQuiet(config)) this.#hasty.add(config);
    const held = this.#hasty.has(config) ? [] : this.#held();
    const token = run.values[at(config.places, 0)] ?? '';
    // With `now`, users are responsible for every copy of the token.
    const isShared = configs.some(
      other => other !== config && other.places.some(place => github.secrets.get(place)?.value === token),
    );
    const { revokePrevious: asked = 'next-rotation', chance = Number(run.id) } = plan;
    const revokePrevious = isShared && asked === 'now' ? 'next-rotation' : asked;
    const revokeOriginal = config.authorizing !== undefined && plan.revokeOriginal === true;
    const inputs = {
      ...config.inputs,
      token,
      ...(config.authorizing !== undefined && { 'authorizing-token': run.values[config.authorizing] ?? '' }),
      'github-token': GITHUB_TOKEN,
      'revoke-previous': revokePrevious,
      'revoke-original': String(revokeOriginal),
      'max-age': plan.maxAge ?? '',
    };
    const common = { inputs, runId: run.id, attempt: String(run.attempt), chance };
    let isGithubFaulty = false;
    const faults: SimulatedFaults = (request, index) => {
      const fault = plan.faults?.(request, index);
      isGithubFaulty ||= fault !== undefined && request.to === 'github';
      return fault;
    };
    const first = await this.simulation.rotate({
      ...common,
      faults,
      dieAt: plan.dieAt,
      interruptAt: plan.interruptAt,
      diskFull: plan.diskFull ?? false,
    });
    if (revokePrevious === 'now' && isGithubFaulty) this.#bringUpByHand(config, first);
    this.#expectSecretsAlive('the rotation');
    const second =
      plan.hasPost !== false
        ? await this.simulation.post({
            ...common,
            state: first.state,
            faults: plan.postFaults,
            dieAt: plan.postDieAt,
          })
        : undefined;
    this.#expectSecretsAlive('the post step');
    github.attempts.set(key, 'completed');
    for (const step of [first, second]) if (step !== undefined) this.#expectGoodManners(step);
    if (second !== undefined) expect(second.end).not.toBe('failure');
    if (revokePrevious !== 'now') {
      for (const id of held) expect(account.find(id), `${id}, which jobs have, is dead`).toBeDefined();
    }
    if (!revokeOriginal && revokePrevious !== 'now') this.#expectByHandAlive();
    for (const id of this.#bystanders) expect(account.find(id)).toBeDefined();
    if (revokeOriginal || revokePrevious === 'now') this.#forgetDeleted(first);
    if (first.outputs['rotated'] === 'true')
      this.#past.set(config, [...(this.#past.get(config) ?? []), inputs.token]);
    return first;
  }

  /**
   * After two undisturbed rotations of each secret, every token that a rotation ever created is in a secret, was
   * replaced by the last rotation, or was named by it.
   *
   * @param only index into {@link configs}, if the others were never rotated.
   */
  async expectNothingForgotten(only?: number): Promise<void> {
    const { account, github } = this.simulation;
    let said = '';
    for (let round = 0; round < 3; round++) {
      for (const [index, config] of configs.entries()) {
        if (only !== undefined && index !== only) continue;
        this.simulation.pass(DAY);
        const [text] = config.places.map(place => github.secrets.get(place)?.value ?? '');
        // A user follows the error's advice if an old token was restored.
        const run = this.queue(index);
        github.attempts.set(`${run.id}/1`, 'in_progress');
        const inputs = {
          ...config.inputs,
          token: text ?? '',
          ...(config.authorizing !== undefined && {
            'authorizing-token': run.values[config.authorizing] ?? '',
          }),
          'github-token': GITHUB_TOKEN,
        };
        let end = await this.simulation.rotate({ inputs, runId: run.id, chance: Number(run.id) });
        if (end.said.some(({ text }) => text.includes('Secret has another token'))) {
          this.changeByHand(index, true, false);
          const again = { ...inputs, token: github.secrets.get(at(config.places, 0))?.value ?? '' };
          said += end.said.map(({ text }) => text).join('\n');
          end = await this.simulation.rotate({ inputs: again, runId: run.id, chance: Number(run.id) });
        }
        expect(end.end, end.said.map(({ text }) => text).join('\n')).toBe('success');
        said += end.said.map(({ text }) => text).join('\n');
        github.attempts.set(`${run.id}/1`, 'completed');
        this.#expectSecretsAlive('a rotation in peace');
      }
    }
    const inSecrets = new Set(this.#held());
    for (const { id, note } of account.tokens()) {
      if (inSecrets.has(id) || this.#byHand.has(id) || this.#bystanders.includes(id)) continue;
      expect(said, `${id} ${note} is forgotten`).toContain(id);
    }
  }

  /** A user saves the new token, as the error says, if a place other than the primary one rejected it. */
  #bringUpByHand({ places }: Config, { end, said }: SimulatedEnd): void {
    const { github } = this.simulation;
    const [primary, ...others] = places;
    const value = github.secrets.get(primary ?? '')?.value ?? '';
    for (const place of others) {
      if (this.simulation.isAlive(github.secrets.get(place)?.value)) continue;
      if (end === 'failure')
        expect(said.map(({ text }) => text).join('\n')).toContain('may hold a dead token');
      github.secrets.set(place, value);
    }
  }

  /** The IDs of the tokens in all secrets. */
  #held(): string[] {
    const texts = configs.flatMap(({ places }) =>
      places.map(place => this.simulation.github.secrets.get(place)?.value ?? ''),
    );
    return this.simulation.account
      .tokens()
      .filter(({ token }) => texts.includes(token))
      .map(({ id }) => id);
  }

  #isQuiet({ places }: Config): boolean {
    const { time, github } = this.simulation;
    return places.every(place => (github.secrets.get(place)?.updatedAt ?? 0) < time - 180_000);
  }

  #expectSecretsAlive(when: string): void {
    for (const { places } of configs) {
      for (const place of places) {
        const value = this.simulation.github.secrets.get(place)?.value;
        expect(this.simulation.isAlive(value), `after ${when}, ${place} has a dead token`).toBe(true);
      }
    }
  }

  #expectByHandAlive(): void {
    for (const id of this.#byHand)
      expect(this.simulation.account.find(id), `${id}, created by hand, is dead`).toBeDefined();
  }

  /** A requested deletion may be carried out after the step has ended. */
  #forgetDeleted({ requests }: SimulatedEnd): void {
    const requested = requests.flatMap(({ method, path }) =>
      method === 'DELETE' ? [path.split('/').at(-1)] : [],
    );
    for (const id of this.#byHand) {
      if (requested.includes(id) || !this.simulation.account.find(id)) this.#byHand.delete(id);
    }
  }

  #expectGoodManners({ said, state, summary, outputs, end }: SimulatedEnd): void {
    expect(said.filter(({ text }) => text.startsWith('Internal error'))).toEqual([]);
    expect(said.filter(({ kind }) => kind === 'error').length).toBeLessThanOrEqual(1);
    if (end === 'failure') expect(outputs).toEqual({});
    const traces = [...said.map(({ text }) => text), state, summary].join('\n');
    const issued = this.simulation.account.everIssued();
    expect(issued.filter(({ token }) => traces.includes(token))).toEqual([]);
    expect(traces).not.toContain(GITHUB_TOKEN);
  }
}
