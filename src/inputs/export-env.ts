import { errorTitles } from '../action-error.ts';
import type { InputProblems } from './problems.ts';
import { quoteInput } from './quote.ts';

/** Variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What a step may not set: the runner refuses or overwrites it, or every later step would go wrong. */
const RESERVED_VARIABLES = /^(?:GITHUB_.*|RUNNER_.*|ACTIONS_.*|INPUT_.*|STATE_.*|NODE_OPTIONS|PATH|CI)$/i;

/** What the post step itself is run with, besides: a token here would keep it from deleting the token. */
const CONNECTION_VARIABLES = /^(?:HTTPS?_PROXY|NO_PROXY|NODE_.*|SSL_CERT_(?:FILE|DIR))$/i;

/** Parses the `export-env` input: names of environment variables, each once. */
export function parseExportEnv(input: string, problems: InputProblems): string[] {
  const names = [...new Set(input.split(/[\s,]+/).filter(name => name !== ''))];
  for (const name of names) {
    const problem = describeProblem(name);
    if (problem !== undefined) {
      problems.add(errorTitles.invalidInput, `\`export-env\` has ${quoteInput(name)}, which ${problem}`);
    }
  }
  return names;
}

function describeProblem(name: string): string | undefined {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    return 'cannot be the name of an environment variable: letters, digits and `_` only, and no digit first.';
  }
  const another = 'Choose another name, such as `MAPBOX_ACCESS_TOKEN`.';
  if (RESERVED_VARIABLES.test(name)) return `belongs to the runner. ${another}`;
  return CONNECTION_VARIABLES.test(name) ? `this action reads to connect to Mapbox. ${another}` : undefined;
}

/**
 * Checks that no exported variable holds the authorizing token now. The runner evaluates `${{ env.NAME }}` again for the
 * post step, which would then find the new token there and could not delete it.
 *
 * @param authorizingToken the input's text, usable or not.
 */
export function checkExportedVariables(
  exportEnv: readonly string[],
  authorizingToken: string,
  env: Variables,
  problems: InputProblems,
): void {
  // Windows knows no capitals in the names of variables, and neither does the runner there.
  const fold = (name: string) => (env['RUNNER_OS'] === 'Windows' ? name.toUpperCase() : name);
  const holding = new Set(variablesHolding(authorizingToken, env).map(fold));
  for (const name of exportEnv.filter(exported => holding.has(fold(exported)))) {
    problems.add(
      errorTitles.invalidInput,
      `\`export-env\` has ${quoteInput(name)}, which holds the authorizing token now. With the new token in its place, the post step could no longer delete that token. ` +
        'Use another name for one of them: export the new token under another name, or set the authorizing token as `MAPBOX_AUTHORIZING_TOKEN`.',
    );
  }
}

/** Names of the job's variables whose value is this text, but for white space around it. */
export function variablesHolding(text: string, env: Variables): string[] {
  const value = text.trim();
  if (value === '') return [];
  return Object.keys(env).filter(name => env[name]?.trim() === value && !/^INPUT_/i.test(name));
}

/** Mapbox's tools read two names, and do not agree which comes first. */
const ACCESS_TOKEN_NAMES = ['MAPBOX_ACCESS_TOKEN', 'MapboxAccessToken'];

/** Warnings about variables of the job that some consumers prefer to the exported ones. */
export function conflictingVariables(exportEnv: readonly string[], env: Variables): string[] {
  return ACCESS_TOKEN_NAMES.filter(
    name =>
      env[name] && !exportEnv.includes(name) && ACCESS_TOKEN_NAMES.some(other => exportEnv.includes(other)),
  ).map(
    name =>
      `The job sets \`${name}\` already, and some of Mapbox's tools prefer it. Export both: \`export-env: ${ACCESS_TOKEN_NAMES.join(' ')}\`.`,
  );
}
