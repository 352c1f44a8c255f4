import { errorTitles } from '../action-error.ts';
import { parseToken } from '../mapbox/token.ts';
import { extractTokens } from '../secret.ts';
import type { InputProblems } from './problems.ts';

/** Variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Names that a step must not set: the runner rejects or overwrites them, or later steps would break. */
const RESERVED_VARIABLES = /^(?:GITHUB_.*|RUNNER_.*|ACTIONS_.*|INPUT_.*|STATE_.*|NODE_OPTIONS|PATH|CI)$/i;

/**
 * Variables that the post step reads to connect: if one of them held the new token, the post step could not delete it.
 */
const CONNECTION_VARIABLES = /^(?:HTTPS?_PROXY|NO_PROXY|NODE_.*|SSL_CERT_(?:FILE|DIR))$/i;

/** Parses the `export-env` input: names of environment variables, each once. */
export function parseExportEnv(input: string, problems: InputProblems): string[] {
  const names = [...new Set(input.split(/[\s,]+/).filter(name => name !== ''))];
  for (const name of names) {
    const problem = describeProblem(name);
    if (problem !== undefined) {
      problems.add(errorTitles.invalidInput, `\`export-env\` has ${problems.quote(name)}, which ${problem}`);
    }
  }
  return names;
}

function describeProblem(name: string): string | undefined {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    return 'cannot be the name of an environment variable: use letters, digits and `_`, and no digit first.';
  }
  if (extractTokens(name).length > 0) return 'is a token. List names of environment variables.';
  const another = 'Choose another name, such as `MAPBOX_ACCESS_TOKEN`.';
  if (RESERVED_VARIABLES.test(name)) return `belongs to the runner. ${another}`;
  return CONNECTION_VARIABLES.test(name) ? `this action reads to connect to Mapbox. ${another}` : undefined;
}

/**
 * Checks that no exported variable holds the authorizing token. The runner evaluates `${{ env.NAME }}` again for the
 * post step, which would then get the new token as its authorizing token and could not delete it.
 *
 * @param authorizingToken the input's text, valid or not.
 */
export function checkExportedVariables(
  exportEnv: readonly string[],
  authorizingToken: string,
  env: Variables,
  problems: InputProblems,
): void {
  for (const name of sameNames(exportEnv, variablesHolding(authorizingToken, env), env)) {
    problems.add(
      errorTitles.invalidInput,
      `\`export-env\` has ${problems.quote(name)}, which holds the authorizing token. If the new token replaced it, the post step could not delete the new token. ` +
        'Export the new token under another name, or rename the variable of the authorizing token, for example to `MAPBOX_AUTHORIZING_TOKEN`.',
    );
  }
}

/** Names of the job's variables whose value is this text, ignoring white space around it. */
export function variablesHolding(text: string, env: Variables): string[] {
  const value = text.trim();
  if (value === '') return [];
  return Object.keys(env).filter(name => env[name]?.trim() === value && !/^INPUT_/i.test(name));
}

/** The exported names that are among `names`. On Windows, names are case-insensitive, for the runner too. */
function sameNames(exportEnv: readonly string[], names: readonly string[], env: Variables): string[] {
  const fold = (name: string) => (env['RUNNER_OS'] === 'Windows' ? name.toUpperCase() : name);
  const folded = new Set(names.map(fold));
  return exportEnv.filter(name => folded.has(fold(name)));
}

/**
 * Warnings about exported variables that already hold another Mapbox token, such as an earlier step's. Post steps run
 * in reverse order: this step's token is deleted before the post steps of earlier actions, which may read the variable.
 *
 * @param authorizingToken not warned about: {@link checkExportedVariables} rejects it.
 */
export function overwrittenTokens(
  exportEnv: readonly string[],
  authorizingToken: string,
  env: Variables,
): string[] {
  const holding = Object.keys(env).filter(name => {
    const value = env[name] ?? '';
    return (
      value.trim() !== authorizingToken.trim() &&
      extractTokens(value).some(token => parseToken(token) !== undefined)
    );
  });
  return sameNames(exportEnv, holding, env).map(
    name =>
      `\`${name}\` already holds a Mapbox token, which the new one replaces. If the post step ` +
      'of an action in between reads this variable, it gets the new token, which may no longer work by then. Export each token under its own name.',
  );
}

/** Mapbox's tools read two variables and disagree about which takes precedence. */
const ACCESS_TOKEN_NAMES = ['MAPBOX_ACCESS_TOKEN', 'MapboxAccessToken'];

/** Warnings about variables of the job that some tools prefer to the exported ones. */
export function conflictingVariables(exportEnv: readonly string[], env: Variables): string[] {
  return ACCESS_TOKEN_NAMES.filter(
    name =>
      env[name] && !exportEnv.includes(name) && ACCESS_TOKEN_NAMES.some(other => exportEnv.includes(other)),
  ).map(
    name =>
      `The job sets \`${name}\` already, and some of Mapbox's tools prefer it. Export both: \`export-env: ${ACCESS_TOKEN_NAMES.join(' ')}\`.`,
  );
}
