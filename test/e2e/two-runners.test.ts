/**
 * One workflow, two runners: act, and the one in test/support/runner that the project's other tests use. A difference
 * is a bug in ours, or is listed below with its reason.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { startGithub } from '../support/github/server.ts';
import { isObject, parseJson } from '../support/mapbox/messages.ts';
import { readPairs } from '../support/runner/file-commands.ts';
import { runWorkflow, type StepReport } from '../support/runner/workflow.ts';
import { type Caller, entriesOf, jobsOf, linesOf, newCaller, setBy } from './caller.ts';
import { SHIPPED } from './parts.ts';

const WORKFLOW = 'two-runners.yml';
const JOB_TOKEN = 'the-job-token';

type Texts = Readonly<Record<string, string>>;

/** A runner's results for one process of a step. */
interface Phase {
  /** `first stored`, `first post stored`. */
  readonly name: string;
  readonly result: string;
  readonly outputs: Texts;
  readonly variables: Texts;
  /** The masks it requested, in order. */
  readonly masks: readonly string[];
  readonly annotations: readonly unknown[];
  readonly summary: string;
  /** The lines of the log, without commands, which each runner shows in its own way. */
  readonly lines: readonly string[];
}

/** The environment of a Node program of the job, and its results. */
interface Testimony {
  readonly name: string;
  readonly inWorkspace: boolean;
  readonly inputs: Texts;
  readonly stateGiven: Texts;
  readonly stateLeft: Texts;
  readonly env: Texts;
}

/** All compared data. Texts and IDs of tokens, nonces, times and ports are replaced by their roles. */
interface Run {
  readonly jobs: Texts;
  readonly phases: readonly Phase[];
  readonly testimonies: readonly Testimony[];
  readonly requests: readonly string[];
  readonly questions: readonly string[];
  /** The account's tokens at the end. */
  readonly tokens: readonly unknown[];
  readonly shown: string;
  /** The text of every token that existed. */
  readonly secrets: readonly string[];
}

describe('act and the runner of these tests', () => {
  let act: Run;
  let ours: Run;
  beforeAll(async () => {
    act = await runBy(runInAct);
    ours = await runBy(runInOurs);
  });

  it('have the same results for jobs and steps, with the post steps in the same order', () => {
    expect(ours.jobs).toEqual(act.jobs);
    expect(act.jobs).toEqual({ first: 'failure', second: 'success' });
    const ends = ({ phases }: Run) => phases.map(({ name, result }) => `${name}: ${result}`);
    expect(ends(ours)).toEqual(ends(act));
    expect(ends(act)).toContain('first slip: failure');
    expect(ends(act).filter(end => end.includes('post'))).toEqual(
      ['slip', 'permanent', 'temporary', 'stored'].map(step => `first post ${step}: success`),
    );
  });

  it.each(['outputs', 'variables', 'masks', 'annotations', 'summary', 'lines'] as const)(
    'take the same %s from each step',
    what => {
      const all = ({ phases }: Run) => phases.map(phase => [phase.name, phase[what]]);
      expect(all(ours)).toEqual(all(act));
      expect(act.phases.filter(phase => Object.keys(phase[what]).length > 0)).not.toEqual([]);
    },
  );

  it.each(['inputs', 'stateGiven', 'stateLeft', 'inWorkspace'] as const)(
    'have the same %s for each program',
    what => {
      const all = ({ testimonies }: Run) => testimonies.map(testimony => [testimony.name, testimony[what]]);
      expect(all(ours)).toEqual(all(act));
      expect(act.testimonies).not.toEqual([]);
    },
  );

  it('show each program the same variables from the workflow, the job, the step and earlier steps', () => {
    const shown = ({ testimonies }: Run) =>
      testimonies.map(({ name, env }) => [
        name,
        Object.entries(env)
          .filter(([key]) => OF_WORKFLOW.test(key))
          .sort(),
      ]);
    expect(shown(ours)).toEqual(shown(act));
    const names = shown(act).flatMap(([, pairs]) => (Array.isArray(pairs) ? pairs.map(([key]) => key) : []));
    for (const name of ['OF_WORKFLOW', 'OF_JOB', 'OF_STEP', 'OF_FILE', 'MapboxAccessToken', 'BY_EXPRESSION'])
      expect(names).toContain(name);
  });

  it('show each program the same variables about the run', () => {
    for (const [at, { env }] of ours.testimonies.entries()) {
      const given = Object.keys(env).filter(key => /^(?:CI|GITHUB_\w+|RUNNER_\w+)$/.test(key));
      expect(given.length).toBeGreaterThan(10);
      // Ours omits ACTOR, REF, SHA, EVENT_NAME and some twenty others, which this project does not use.
      for (const key of given)
        expect([key, placeless(env[key])]).toEqual([key, placeless(act.testimonies[at]?.env[key])]);
    }
  });

  it('give a later step the same outcome of earlier steps', () => {
    const reported = (run: Run, name: string) => parseJson(lastOf(run, name).env['STEPS'] ?? '');
    for (const name of ['a step of first 1', 'a step of first 3']) {
      expect(reported(ours, name)).toEqual(withoutItself(reported(act, name), name));
      expect(reported(act, name)).toMatchObject({
        slip: { outcome: 'failure', conclusion: 'success', outputs: {} },
      });
    }
  });

  it('give a later job the same outcome of the earlier job, except for the token', () => {
    const reported = (run: Run) => parseJson(lastOf(run, 'a step of second 1').env['NEEDS'] ?? '');
    // GitHub's runner, and ours, drop an output with a masked value: `Skip output 'token' since it may contain secret.`
    // act passes it on.
    expect(reported(act)).toEqual({
      first: { result: 'failure', outputs: { token: '<token 3>', usage: 'sk', nothing: '' } },
    });
    expect(reported(ours)).toEqual({ first: { result: 'failure', outputs: { usage: 'sk', nothing: '' } } });
  });

  it('leave the account in the same state, with the same requests', () => {
    expect(ours.requests).toEqual(act.requests);
    expect(ours.questions).toEqual(act.questions);
    expect(ours.tokens).toEqual(act.tokens);
    expect(act.questions).toEqual(['GET /repos/octo-org/maps/actions/runs/4700/attempts/1']);
    expect(act.requests.filter(request => request.startsWith('DELETE'))).toHaveLength(2);
    expect(act.tokens).toHaveLength(3);
  });

  it('show no token', () => {
    for (const { shown, secrets } of [act, ours]) {
      expect(secrets.length).toBeGreaterThan(4);
      expect(secrets.filter(secret => shown.includes(secret))).toEqual([]);
    }
  });
});

/** Variables set by the workflow file, or by its steps. */
const OF_WORKFLOW = /^(?:OF_\w+|Mapbox\w+|MAPBOX_\w+|TOKEN|BY_EXPRESSION|STATUS|LINES)$/;

/** The testimonies of steps that are not actions, by job and place: `a step of first 1`. */
function lastOf({ testimonies }: Run, name: string): Testimony {
  const place = Number(name.slice(-1)) - 1;
  const found = testimonies.filter(testimony => testimony.name === name.slice(0, -2))[place];
  if (found === undefined) throw new Error(`no testimony of ${name}`);
  return found;
}

/** act counts the running step among the earlier ones; GitHub's runner and ours do not. */
function withoutItself(steps: unknown, name: string): unknown {
  if (!isObject(steps)) return steps;
  const itself = name === 'a step of first 1' ? 'use' : 'always';
  return Object.fromEntries(Object.entries(steps).filter(([id]) => id !== itself));
}

/** Each runner has its own folders. */
function placeless(value: string | undefined): string | undefined {
  return value?.startsWith('/') ? 'a path' : value;
}

type Runner = (context: {
  readonly caller: Caller;
  readonly env: Texts;
  readonly secrets: Texts;
}) => Promise<{ jobs: Texts; phases: Phase[]; shown: string }>;

/** Runs the workflow with its own servers, and collects the results. */
async function runBy(runner: Runner): Promise<Run> {
  await using caller = await newCaller();
  await using github = await startGithub({ token: JOB_TOKEN });
  const folder = mkdtempSync(join(tmpdir(), 'two-runners-'));
  try {
    const { mapbox, authorizingToken } = caller.setting;
    const { account } = mapbox;
    account.issue({
      note: `Left [until job ends: 123456789/4700.1#abcd1234]`,
      scopes: ['tilesets:read'],
    });
    github.attempts.set('4700/1', 'completed');
    const witness = join(folder, 'testimonies');
    const run = await runner({
      caller,
      secrets: { MAPBOX_AUTHORIZING_TOKEN: authorizingToken.token, GITHUB_TOKEN: JOB_TOKEN },
      env: {
        MAPBOX_API: mapbox.url,
        GITHUB_API_URL: github.url,
        NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'witness.ts'))}`,
        WITNESS: witness,
      },
    });

    const texts = account.everIssued();
    const role = (text: string): string => {
      let plain = text;
      for (const [at, { token, id }] of texts.entries())
        plain = plain.replaceAll(token, `<token ${at}>`).replaceAll(id, `<id ${at}>`);
      return plain
        .replaceAll(/\btk\.[\w-]+\.[\w-]{22}/g, '<temporary token>')
        .replaceAll(mapbox.url, '<mapbox>')
        .replaceAll(github.url, '<github>')
        .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>')
        .replaceAll(/(\/47\d\d\.1)#[a-z0-9]{8}/g, '$1#<nonce>')
        .replaceAll(/("nonce":")[a-z0-9]{8}/g, '$1<nonce>')
        .replaceAll(/\b[\d.]+ s ago/g, '<age> ago')
        .replaceAll(/<td>[\d.]+ s<\/td>/g, '<td><age></td>')
        .replaceAll(/timestamp=\d+/g, 'timestamp=<now>');
    };
    const temporary = /\btk\.[\w-]+\.[\w-]{22}/.exec(readFileSync(witness, 'utf8'))?.[0] ?? '';
    return {
      jobs: run.jobs,
      phases: inRoles(run.phases, role),
      testimonies: inRoles(readFileSync(witness, 'utf8').trim().split('\n').map(readTestimony), role),
      requests: mapbox.requests.map(({ method, path, query, status, body }) =>
        role(`${method} ${path}?${decodeURIComponent(query.toString())} ${body} ${status}`),
      ),
      questions: github.requests.map(({ method, path }) => `${method} ${path}`),
      tokens: inRoles(account.tokens(), role),
      shown: run.shown,
      secrets: [...texts.map(({ token }) => token), temporary],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const runInAct: Runner = async ({ caller, env, secrets }) => {
  const run = await caller.run(WORKFLOW, { env, secrets });
  const masks = run.entries.flatMap(({ command, value }) => (command === 'add-mask' ? [value] : []));
  const hidden = (text: string) => masks.reduce((shown, mask) => shown.replaceAll(mask, '***'), text);
  const phases: Phase[] = [];
  for (const { job, step, stage, result } of run.entries) {
    const id = step.at(-1);
    if (id === undefined || (stage !== 'Main' && stage !== 'Post') || result === undefined) continue;
    const part = { job: job.replace(/^[^/]*\//, ''), step: id, stage };
    const entries = entriesOf(run, part);
    const of = (command: string) => entries.filter(entry => entry.command === command);
    phases.push({
      name: `${part.job} ${stage === 'Post' ? 'post ' : ''}${id}`,
      result: result,
      outputs: setBy(run, 'set-output', part),
      variables: setBy(run, 'set-env', part),
      masks: of('add-mask').map(({ value }) => withoutDerived(value)),
      annotations: entries.flatMap(({ command, name: title, value }) =>
        command === 'error' || command === 'warning' || command === 'notice'
          ? [{ level: command, title, message: hidden(value) }]
          : [],
      ),
      summary: of('summary')
        .map(({ value }) => value)
        .join(''),
      lines: linesOf(run, part).filter(line => line !== ''),
    });
  }
  const jobs = Object.entries(jobsOf(run)).map(([name, result]) => [name.replace(/^[^/]*\//, ''), result]);
  return { jobs: Object.fromEntries(jobs), phases, shown: run.shown };
};

const runInOurs: Runner = async ({ env, secrets }) => {
  const { GITHUB_API_URL: api_url = '', ...rest } = env;
  const report = await runWorkflow({
    workflow: readFileSync(join(import.meta.dirname, 'workflows', WORKFLOW), 'utf8'),
    actions: {
      'your-org/create-mapbox-token@v1': SHIPPED,
      'your-org/create-mapbox-token/sweep@v1': join(SHIPPED, 'sweep'),
    },
    secrets,
    env: rest,
    github: { api_url, token: JOB_TOKEN },
  });
  const jobs = Object.entries(report.jobs).filter(([, { result }]) => result !== 'skipped');
  const phases = jobs.flatMap(([job, { steps, posts }]) => [
    ...steps.flatMap(step => phaseOf(`${job} ${step.id}`, step)),
    ...posts.flatMap(step => phaseOf(`${job} post ${step.id}`, step)),
  ]);
  return {
    jobs: Object.fromEntries(jobs.map(([name, { result }]) => [name, result])),
    phases,
    shown: report.log,
  };
};

/** A skipped step has none. */
function phaseOf(name: string, { outcome: result, phase }: StepReport): Phase[] {
  if (phase === undefined) return [];
  const { outputs, env, masks, annotations, summary, shown } = phase;
  const lines = shown
    .split('\n')
    .filter(line => line !== '' && !/^(?:::add-mask::|Error: |Warning: |Notice: )/.test(line));
  return [
    { name, result, outputs, variables: env, masks: masks.map(withoutDerived), annotations, summary, lines },
  ];
}

/** Signature halves and base64 forms depend on the token, so only their number is compared. */
function withoutDerived(mask: string): string {
  return /^[\w+/-]{8,}$/.test(mask) ? '<derived>' : mask;
}

/** Replaces in all strings of a value, including keys. */
function inRoles<Value>(value: Value, role: (text: string) => string): Value {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === 'string' ? role(inner) : inner,
  );
}

function readTestimony(line: string): Testimony {
  const { job, program, inWorkspace, inputs, state, env, left } = JSON.parse(line);
  return {
    name: `${program} of ${job}`,
    inWorkspace,
    inputs,
    stateGiven: state,
    stateLeft: readPairs(left.state).pairs,
    env,
  };
}
