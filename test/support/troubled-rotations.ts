/**
 * A workflow that rotates one token in two repositories, with temporary and permanent faults. The invariants: every
 * secret holds a living token at any moment; and however long places and deletions are refused, few tokens created by
 * rotations are alive.
 */
import { expect } from 'vitest';
import { NO_PROCESSES, oneProcess } from './processes.ts';
import { seeded } from './random.ts';
import {
  GITHUB_TOKEN,
  OTHER_SERVER,
  REPOSITORY,
  type RotationSimulation,
  type SimulatedEnd,
  type SimulatedFault,
  type SimulatedFaults,
  type SimulatedRequest,
  type SimulatedStep,
} from './rotation-simulation.ts';
import {
  A,
  DAY,
  errorOf,
  HOUR,
  isPut,
  MINUTE,
  NAME,
  POWERS,
  SITE,
  textOf,
  twoRepositories,
} from './two-repositories.ts';

/** One of the two repositories; `maps` is the workflow's. */
export type Where = 'maps' | 'site';

/** Faults that last for days or for ever, in every run. */
export type Lasting = { readonly days: number } & (
  | { readonly kind: 'archived'; readonly where: Where }
  | { readonly kind: 'puts'; readonly where: Where; readonly fault: SimulatedFault }
  | { readonly kind: 'write-limit'; readonly puts: number; readonly hours: number }
  /** Each deletion in a run is either refused or not. */
  | { readonly kind: 'deletions'; readonly share: number }
  /** The current token has a restriction that the rotation does not understand. */
  | { readonly kind: 'restricted' }
);

type LastingFault = (request: SimulatedRequest) => SimulatedFault | undefined;

/** A run, and its own faults. */
export interface TroubledRun {
  readonly faults?: SimulatedFaults | undefined;
  readonly dieAt?: number | undefined;
  readonly interruptAt?: number | undefined;
  /** Whether the runner shows processes. */
  readonly isLinux?: boolean;
  /**
   * `lost`: the machine is gone. A number: the job container's post step starts before that request, while the main
   * step lives on; with `heard` its signal arrives.
   */
  readonly post?: 'after' | 'lost' | { readonly at: number; readonly heard: boolean };
  /** Before that request the machine sleeps, or is paused with its clocks; other runs may rotate. */
  readonly absence?:
    | { readonly at: number; readonly paused: boolean; readonly ms: number; readonly others: number }
    | undefined;
  /**
   * The first PUT is carried out this many milliseconds late, and its response is lost; optionally the machine is gone,
   * too.
   */
  readonly latePut?: { readonly ms: number; readonly dies: boolean } | undefined;
  /** Milliseconds that clocks are ahead during the run. */
  readonly ahead?: { readonly runner?: number; readonly mapbox?: number };
  /** `revoke-previous: now`. */
  readonly leaked?: boolean;
  readonly chance?: number;
}

/** The inputs of every run. */
export interface TroubledInputs {
  readonly 'revoke-previous': 'next-rotation' | '2d';
  readonly 'max-age': '' | '30h';
}

/** The maximum number of living tokens created by rotations, plus one for each run that was disturbed. */
export const MOST_ALIVE = 5;

/** The maximum after some undisturbed days. */
const MOST_IN_PEACE = { 'next-rotation': 2, '2d': 4 } as const;

export class TroubledRotations {
  readonly simulation: RotationSimulation;
  /** The highest number of rotations' tokens ever alive at once. */
  most = 0;
  readonly #setting;
  readonly #inputs: TroubledInputs;
  readonly #names: Record<Where, string> = { maps: REPOSITORY, site: SITE };
  readonly #past = new Set<string>();
  readonly #problems: string[] = [];
  readonly #skews: Readonly<RotationSimulation['skews']>;
  #lasting: LastingFault[] = [];
  #lifts: { readonly at: number; readonly lift: () => void }[] = [];
  readonly #restricted = new Set<unknown>();
  #disturbed = 0;
  #runs = 1000;
  /** With `now`, a place that rejects the new token may be dead until a user acts. */
  #leaking = false;

  constructor(inputs: TroubledInputs, skews: Partial<RotationSimulation['skews']> = {}) {
    this.#setting = twoRepositories({ skews });
    this.#inputs = inputs;
    this.simulation = this.#setting.simulation;
    this.#skews = { ...this.simulation.skews };
    this.simulation.row = row =>
      this.#restricted.has(row['id']) ? { ...row, allowedApplications: [{ bundleId: 'org.example' }] } : row;
    const other = this.#setting.account.issue({ scopes: POWERS, note: 'Releases' });
    this.simulation.otherGithub.secrets.set(A, other.token);
  }

  pass(milliseconds: number): void {
    this.simulation.pass(milliseconds);
    this.#lift(false);
  }

  /** Starts a fault that lasts. */
  begin(lasting: Lasting): void {
    const { simulation, idIn } = this.#setting;
    const until = simulation.time + lasting.days * DAY;
    const add = (fault: LastingFault, lift: () => unknown = () => {}) => {
      this.#lasting.push(fault);
      const remove = () => {
        this.#lasting = this.#lasting.filter(one => one !== fault);
        lift();
      };
      this.#lifts.push({ at: until, lift: remove });
    };
    switch (lasting.kind) {
      case 'archived': {
        const repository = simulation.github.directory.repository(this.#names[lasting.where]);
        if (repository === undefined) throw new Error('no repository');
        repository.archived = true;
        add(
          () => undefined,
          () => {
            repository.archived = false;
          },
        );
        break;
      }
      case 'puts':
        add(({ method, path }) =>
          method === 'PUT' && path.endsWith(this.#place(lasting.where)) ? lasting.fault : undefined,
        );
        break;
      case 'write-limit': {
        let begun = Number.NEGATIVE_INFINITY;
        let taken = 0;
        add(({ method }) => {
          if (method !== 'PUT') return undefined;
          if (simulation.time - begun > lasting.hours * HOUR) {
            begun = simulation.time;
            taken = 0;
          }
          return taken++ < lasting.puts ? undefined : { kind: 'rate-limited' };
        });
        break;
      }
      case 'deletions': {
        const chance = seeded(until % 1009);
        const refused = new Map<string, boolean>();
        add(({ to, method, path }) => {
          if (to !== 'mapbox' || method !== 'DELETE') return undefined;
          const key = `${this.#runs} ${path}`;
          const decision = refused.get(key) ?? chance(100) < lasting.share;
          refused.set(key, decision);
          return decision ? { kind: 'server-error', processed: false } : undefined;
        });
        break;
      }
      case 'restricted': {
        const id = idIn(this.#place('maps')) ?? '';
        this.#restricted.add(id);
        add(
          () => undefined,
          () => this.#restricted.delete(id),
        );
      }
    }
  }

  /** A tool such as Terraform restores an old value, if one is still alive. */
  putBack(where: Where, index: number): void {
    const { github, simulation } = this.#setting;
    const living = [...this.#past].filter(text => simulation.isAlive(text));
    const text = living[index % Math.max(1, living.length)];
    // Not within half an hour of a run.
    this.pass(31 * MINUTE);
    if (text !== undefined) github.secrets.set(this.#place(where), text);
  }

  /** A user creates a token and saves it in one place, or in both. */
  saveByHand(places: readonly Where[]): void {
    const { account, github } = this.#setting;
    this.pass(31 * MINUTE);
    const { token } = account.issue({ scopes: POWERS, note: 'By hand' });
    for (const where of places) github.secrets.set(this.#place(where), token);
  }

  /** Renames the repository, which its workflow learns. */
  rename(where: Where): void {
    const from = this.#names[where];
    this.#names[where] = `octo-org/${where}-${this.#runs}`;
    this.#setting.github.directory.renameRepository(from, this.#names[where]);
  }

  /** The same workflow on another server, with tokens of the same account. */
  async rotateElsewhere(): Promise<SimulatedEnd> {
    const end = await this.simulation.rotate({
      inputs: {
        token: this.simulation.otherGithub.secrets.get(A)?.value ?? '',
        secret: NAME,
        'github-token': GITHUB_TOKEN,
      },
      env: OTHER_SERVER,
      ...this.#identity(),
      before: () => this.#look(),
    });
    this.#check();
    return end;
  }

  /** Runs main and post step. */
  async run(plan: TroubledRun = {}): Promise<SimulatedEnd> {
    const { simulation, value } = this.#setting;
    const { faults, dieAt, interruptAt, post = 'after', absence, ahead = {}, latePut } = plan;
    // Job containers come with processes.
    const isLinux = plan.isLinux !== false || typeof post === 'object';
    // `now` has exceptions: other runs, requests of the last hour, places that reject the token for long.
    const leaked = plan.leaked === true && absence === undefined && this.#lasting.length === 0;
    if (leaked) this.pass(HOUR + MINUTE);
    const isQuiet = faults === undefined && dieAt === undefined && interruptAt === undefined;
    const isAlone = absence === undefined && latePut === undefined && post === 'after';
    if (!isQuiet || !isAlone) this.#disturbed++;
    const inputs = {
      ...this.#inputs,
      ...(leaked && { 'revoke-previous': 'now' }),
      token: value(this.#place('maps')),
      secret: NAME,
      repositories: `${this.#names.maps}\n${this.#names.site}`,
      'github-token': GITHUB_TOKEN,
      timeout: '30s',
    };
    this.#past.add(inputs.token);
    const common = { inputs, env: { GITHUB_REPOSITORY: this.#names.maps }, ...this.#identity() };
    let puts = 0;
    let isGithubFaulty = false;
    const withLasting: SimulatedFaults = (request, index) => {
      if (latePut !== undefined && isPut(request) && puts++ === 0) return { kind: 'delayed', ms: latePut.ms };
      const own = faults?.(request, index);
      if (own !== undefined) {
        isGithubFaulty ||= request.to === 'github';
        return own;
      }
      for (const lasting of this.#lasting) {
        const fault = lasting(request);
        if (fault !== undefined) return fault;
      }
      return undefined;
    };
    let isAlive = true;
    const posts: Promise<SimulatedEnd>[] = [];
    const runPost = (state: string, interrupt: () => void): Promise<SimulatedEnd> =>
      simulation.post({
        ...common,
        state,
        processes: { own: () => undefined, isAlive: () => isLinux && isAlive, interrupt },
      });
    const before: SimulatedStep['before'] = async (_, index, machine) => {
      this.#look();
      if (typeof post === 'object' && post.at === index) {
        posts.push(runPost(machine.savedState(), post.heard ? machine.interrupt : () => {}));
      }
      if (absence?.at !== index) return;
      const share = absence.ms / (absence.others + 1);
      const away = absence.paused ? machine.pause : (ms: number) => this.pass(ms);
      away(share);
      for (let n = 0; n < absence.others; n++) {
        await this.run();
        away(share);
      }
      this.#look();
    };
    this.#leaking = leaked;
    simulation.skews.runner = this.#skews.runner + (ahead.runner ?? 0);
    simulation.skews.mapbox = this.#skews.mapbox + (ahead.mapbox ?? 0);
    const end = await simulation.rotate({
      ...common,
      faults: withLasting,
      dieAt,
      interruptAt,
      dieAfter: request => latePut?.dies === true && isPut(request),
      before,
      processes: isLinux ? oneProcess(() => isAlive).processes : NO_PROCESSES,
    });
    Object.assign(simulation.skews, this.#skews);
    isAlive = false;
    if (post === 'after') posts.push(runPost(end.state, () => {}));
    const ends = [end, ...(await Promise.all(posts))];
    if (errorOf(end).includes('may hold a dead token') || (leaked && isGithubFaulty)) this.#replaceDead();
    this.#leaking = false;
    this.#lift(false);
    this.#check();
    for (const one of ends) this.#expectGoodManners(one);
    return end;
  }

  /** When all lasting faults are over, the rotations converge; a user follows the errors' advice. */
  async settle(): Promise<void> {
    const { account, github, idIn } = this.#setting;
    this.#lift(true);
    const log: string[] = [];
    for (let day = 0; day < 7; day++) {
      this.pass(31 * HOUR);
      const end = await this.run();
      log.push(textOf(end));
      const named = errorOf(end).match(/save it in every place, and delete (\w+) and (\w+)\./);
      if (named !== null) {
        this.saveByHand(['maps', 'site']);
        for (const id of named.slice(1)) account.delete(id);
        this.#check();
      } else if (day > 3) {
        expect(end.outputs['rotated'], log.join('\n---\n')).toBe('true');
        expect(idIn(this.#place('site'))).toBe(idIn(this.#place('maps')));
      }
    }
    const most = MOST_IN_PEACE[this.#inputs['revoke-previous']];
    expect(this.#created().length, log.join('\n---\n')).toBeLessThanOrEqual(most);
    expect(github.takeProblems()).toEqual([]);
  }

  #identity(): Pick<SimulatedStep, 'runId' | 'chance'> {
    const run = this.#runs++;
    return { runId: String(run), chance: run };
  }

  #place(where: Where): string {
    return `repos/${this.#names[where]}/actions/secrets/${NAME}`;
  }

  /** The IDs of living tokens created by this server's rotations. */
  #created(): string[] {
    return this.#setting.account
      .tokens()
      .filter(({ note }) => note?.includes('[replaces ') && !note.includes('@'))
      .map(({ id }) => id);
  }

  /** A user saves the new token where a dead one is. */
  #replaceDead(): void {
    const { github, simulation, value } = this.#setting;
    const site = this.#place('site');
    if (!simulation.isAlive(value(site))) github.secrets.set(site, value(this.#place('maps')));
  }

  #lift(all: boolean): void {
    const due = this.#lifts.filter(({ at }) => all || at <= this.simulation.time);
    this.#lifts = this.#lifts.filter(lift => !due.includes(lift));
    for (const { lift } of due) lift();
  }

  /** Whether every secret currently holds a living token. */
  #look(): void {
    const { simulation, value } = this.#setting;
    const dead = (['maps', 'site'] as const).filter(where => !simulation.isAlive(value(this.#place(where))));
    for (const where of dead) if (!this.#leaking || where === 'maps') this.#problems.push(`${where} is dead`);
    const other = simulation.otherGithub.secrets.get(A)?.value;
    if (!simulation.isAlive(other)) this.#problems.push('the secret on the other server is dead');
  }

  #check(): void {
    this.#look();
    expect(this.#problems).toEqual([]);
    const { length } = this.#created();
    this.most = Math.max(this.most, length);
    expect(length, `living tokens, ${this.#disturbed} disturbed runs`).toBeLessThanOrEqual(
      MOST_ALIVE + this.#disturbed,
    );
  }

  #expectGoodManners({ said, state, summary, end, outputs }: SimulatedEnd): void {
    expect(said.filter(({ text }) => text.startsWith('Internal error'))).toEqual([]);
    if (end === 'failure') expect(outputs).toEqual({});
    const traces = [...said.map(({ text }) => text), state, summary].join('\n');
    const issued = this.#setting.account.everIssued();
    expect(issued.filter(({ token }) => traces.includes(token))).toEqual([]);
  }
}
