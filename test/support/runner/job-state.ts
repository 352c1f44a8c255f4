/** A job under way: what its steps share, where a step stands in it, and what its expressions see there. */
import { type ActionFile, resolveInputs, type StepFile } from './action-file.ts';
import type { Control } from './control.ts';
import { type Contexts, fillAll, type Status, type Texts } from './expressions.ts';
import type { PhaseResult } from './phase.ts';
import { baseContexts, type Setting, warnOfUnexpected } from './program.ts';
import type { Annotation, StepLog } from './step-log.ts';

export type Outcome = 'success' | 'failure' | 'cancelled' | 'skipped';

export interface StepReport {
  /** A post step has that of its step; within a composite action, the ids down to it: `outer/inner/mint`. */
  readonly id: string | undefined;
  readonly name: string;
  readonly outcome: Outcome;
  /** The process; a step that was skipped, that failed before it or that is composite had none. */
  readonly phase: PhaseResult | undefined;
  /** Of the process, and the runner's own. */
  readonly annotations: readonly Annotation[];
}

export interface JobState {
  readonly setting: Setting;
  readonly control: Control;
  /** What only the workflow file may use, and no composite action: `needs`, `secrets`. */
  readonly fromWorkflow: Contexts;
  /** The folder of what a `uses` names. Throws where it is unknown. */
  readonly folderOf: (uses: string) => string;
  readonly report: (report: StepReport) => void;
  readonly say: (line: string) => void;
  /** The job's variables, those that earlier steps wrote to GITHUB_ENV included. */
  env: Texts;
  hasFailed: boolean;
  /** The `steps` contexts by the name of their scope. */
  readonly steps: Map<string, Record<string, { outputs: Texts; outcome: Outcome; conclusion: Outcome }>>;
}

/** Where a step stands: in the job itself, or in a composite action. */
export interface Scope {
  /** Empty for the job, `outer.inner` for the action that the step `inner` of the action of the step `outer` uses. */
  readonly name: string;
  /** The ids of the composite steps around it. */
  readonly path: readonly string[];
  /** The composite action that the step belongs to. */
  readonly composite: { readonly inputs: Texts; readonly folder: string } | undefined;
  /** Variables of the composite steps around it. */
  readonly env: Texts;
  readonly hasFailed: () => boolean;
  /** Whether a cancel of the job leaves the composite step around it alone. */
  readonly isSpared: () => boolean;
}

/** A step that is being run, or whose post step is. */
export interface Running {
  readonly step: StepFile;
  /** Its id, or a name that the runner makes up. */
  readonly context: string;
  readonly scope: Scope;
  /** Its own `env:`. */
  readonly own: Texts;
  readonly isSpared: () => boolean;
  readonly log: StepLog;
  readonly job: JobState;
}

export interface Ending {
  readonly outcome: Outcome;
  readonly outputs: Texts;
  readonly result?: PhaseResult;
}

export function jobScope(job: JobState): Scope {
  return {
    name: '',
    path: [],
    composite: undefined,
    env: {},
    hasFailed: () => job.hasFailed,
    isSpared: () => true,
  };
}

/** The scope of the steps of the composite action that a step uses. */
export function innerScope(
  { step, context, scope, own, isSpared }: Running,
  composite: NonNullable<Scope['composite']>,
  hasFailed: () => boolean,
): Scope {
  return {
    name: scope.name === '' ? context : `${scope.name}.${context}`,
    path: [...scope.path, step.id ?? context],
    composite,
    env: { ...scope.env, ...own },
    hasFailed,
    isSpared,
  };
}

/** What the expressions of a step see. `own`: its `env:`, once that is evaluated. */
export function contextsOf(job: JobState, { composite, ...scope }: Scope, own: Texts = {}): Contexts {
  const status = job.control.isCancelled ? 'cancelled' : job.hasFailed ? 'failure' : 'success';
  return {
    ...(composite === undefined ? job.fromWorkflow : { inputs: composite.inputs }),
    ...baseContexts(job.setting, composite?.folder),
    env: { ...job.env, ...scope.env, ...own },
    steps: job.steps.get(scope.name) ?? {},
    job: { status },
  };
}

export function statusOf({ control }: JobState, scope: Scope): Status {
  return { failed: scope.hasFailed(), cancelled: control.isCancelled };
}

/** `with:` as it is at this moment in this scope, and the defaults. Warns of what the action does not know. */
export function inputsOf(action: ActionFile, { step, scope, own, log, job }: Running): Texts {
  const contexts = contextsOf(job, scope, own);
  const given = fillAll(step.with, contexts, statusOf(job, scope));
  const { values, unexpected } = resolveInputs(action, given, contexts);
  warnOfUnexpected(unexpected, action, log);
  return values;
}

export function idOf(step: StepFile, context: string, { path }: Scope): string | undefined {
  return path.length === 0 ? step.id : [...path, step.id ?? context].join('/');
}

/** What a step comes to whose expressions or whose action the runner cannot make use of. */
export function failure(error: unknown, log: StepLog): Ending {
  log.annotate('error', error instanceof Error ? error.message : String(error));
  return { outcome: 'failure', outputs: {} };
}

/** Whether a `uses` names a folder of the workspace. */
export function isLocal(uses: string): boolean {
  return uses.startsWith('./');
}
