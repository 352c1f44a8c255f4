import { clock } from './clock.ts';
import { actionsRunner } from './runner/runner.ts';
import type { Context, CreateHttpClient, Environment } from './runtime/context.ts';

/** The world of a step that a GitHub Actions runner started. */
export function liveContext(env: Environment): Context {
  return { runner: actionsRunner(env), env, clock, randomInt, createHttpClient };
}

/**
 * Loaded when it is first asked: `node:crypto` costs 6 ms, which an idle post step has no use for. In a main step the
 * toolkit loads it anyway, for the delimiters in the runner's files.
 */
function randomInt(below: number): number {
  return process.getBuiltinModule('node:crypto').randomInt(below);
}

/**
 * HTTP is most of what there is to load, and a step that has nothing to ask needs none. The bundler leaves this
 * import as it is: all the steps load the same file [scripts/build.ts].
 */
const createHttpClient: CreateHttpClient = async (...way) =>
  (await import(/* webpackIgnore: true */ './http/client.ts')).createHttpClient(...way);
