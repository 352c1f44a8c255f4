import { clock } from './clock.ts';
import { type ActionsRunner, actionsRunner } from './runner/runner.ts';
import type { Context, CreateHttpClient, Environment } from './runtime/context.ts';
import { systemProcesses } from './runtime/processes.ts';

/** The context of a step that a GitHub Actions runner started. */
export function liveContext(env: Environment): Context & { readonly runner: ActionsRunner } {
  const runner = actionsRunner(env, () => process.stdout);
  return { runner, env, clock, randomInt, createHttpClient, processes: systemProcesses(process) };
}

/** Loads `node:crypto` when it is first called: that takes 6 ms, and a post step does without. */
function randomInt(below: number): number {
  return process.getBuiltinModule('node:crypto').randomInt(below);
}

/**
 * HTTP is most of what there is to load, and a step without requests needs none. The bundler leaves this import as it is:
 * all steps load the same file [scripts/build.ts].
 */
const createHttpClient: CreateHttpClient = async (...way) =>
  (await import(/* webpackIgnore: true */ './http/client.ts')).createHttpClient(...way);
