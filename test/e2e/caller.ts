/** The common setup: an account on a Mapbox stand-in, and workflows that act runs against it. */
import { type Setting, setUp } from '../support/bundle.ts';
import type { StandInOptions } from '../support/mapbox/server.ts';
import { type ActOptions, type ActRun, type Entry, runAct, type StartedAct, startAct } from './act.ts';

export interface Caller extends AsyncDisposable {
  readonly setting: Setting;
  /** Runs a file of `workflows/`; its secret is an authorizing token of this Mapbox, whose URL is in MAPBOX_API. */
  run(workflow: string, options?: Partial<ActOptions>): Promise<ActRun>;
  start(workflow: string, options?: Partial<ActOptions>): StartedAct;
  /** Every Tokens API request, such as `POST 201`, in order of arrival. */
  requests(): string[];
}

export async function newCaller(options: StandInOptions & { held?: string[] } = {}): Promise<Caller> {
  const setting = await setUp(options);
  const { mapbox, authorizingToken } = setting;
  const full = (workflow: string, { env, ...more }: Partial<ActOptions> = {}): ActOptions => ({
    workflow,
    secrets: { MAPBOX_AUTHORIZING_TOKEN: authorizingToken.token },
    ...more,
    env: { MAPBOX_API: mapbox.url, ...env },
  });
  return {
    setting,
    run: (workflow, more) => runAct(full(workflow, more)),
    start: (workflow, more) => startAct(full(workflow, more)),
    requests: () =>
      mapbox.requests
        .filter(({ path }) => path.startsWith(`/tokens/v2/${mapbox.account.username}`))
        .map(({ method, status }) => `${method} ${status ?? 'unanswered'}`),
    [Symbol.asyncDispose]: () => setting[Symbol.asyncDispose](),
  };
}

/** A part of a run; by default all of it. */
export interface Part {
  /** The job, without the workflow's name. */
  readonly job?: string;
  /** The step's ID, within a composite action the last one. */
  readonly step?: string;
  readonly stage?: Entry['stage'];
}

export function entriesOf(run: ActRun, { job, step, stage }: Part): Entry[] {
  return run.entries.filter(
    entry =>
      (job === undefined || entry.job.replace(/^[^/]*\//, '') === job) &&
      (step === undefined || entry.step.at(-1) === step) &&
      (stage === undefined || entry.stage === stage),
  );
}

/** The programs' lines in the log. */
export function linesOf(run: ActRun, part: Part): string[] {
  return entriesOf(run, part)
    .filter(({ written }) => written)
    .map(({ shown }) => shown);
}

/** The result of a step or its post step; `undefined` if it did not run. */
export function endOf(run: ActRun, part: Part): string | undefined {
  return entriesOf(run, { stage: 'Main', ...part }).find(({ result }) => result !== undefined)?.result;
}

/** The values that a step passed on by a command such as `set-output`, in plain text. */
export function setBy(run: ActRun, command: 'set-output' | 'set-env', part: Part): Record<string, string> {
  const entries = entriesOf(run, part).filter(entry => entry.command === command);
  return Object.fromEntries(entries.map(({ name = '', value }) => [name, value]));
}

/** The results of the jobs, by name. */
export function jobsOf(run: ActRun): Record<string, string> {
  return Object.fromEntries(
    run.entries.flatMap(({ job, jobResult }) => (jobResult === undefined ? [] : [[job, jobResult]])),
  );
}

/** The error annotations of a part. */
export function errorsOf(run: ActRun, part: Part): { title: string | undefined; message: string }[] {
  return entriesOf(run, part).flatMap(({ command, name, value }) =>
    command === 'error' ? [{ title: name, message: value }] : [],
  );
}
