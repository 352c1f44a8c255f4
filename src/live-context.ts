import { clock } from './clock.ts';
import { type ActionsRunner, actionsRunner } from './runner/runner.ts';
import type { Context, CreateHttpClient, Environment } from './runtime/context.ts';
import { systemProcesses } from './runtime/processes.ts';

/** The context of a step that a GitHub Actions runner started. */
export function liveContext(env: Environment): Context & { readonly runner: ActionsRunner } {
  const runner = actionsRunner(env, () => process.stdout);
  return { runner, env, clock, randomInt, createHttpClient, processes: systemProcesses(process) };
}

/** Loads `node:crypto` on the first call: loading takes 6 ms, and a post step does not need it. */
function randomInt(below: number): number {
  return process.getBuiltinModule('node:crypto').randomInt(below);
}

/**
 * Loads the HTTP client, the largest module, only when a step sends requests. The bundler leaves this import as it is,
 * so that all steps load the same file [scripts/build.ts].
 */
const createHttpClient: CreateHttpClient = async (...way) =>
  (await import(/* webpackIgnore: true */ './http/client.ts')).createHttpClient(...way);
