import { errorTitles } from '../errors/action-error.ts';
import type { InputProblems } from './problems.ts';

/** What a step may not set: the runner refuses or overwrites it, or every later step would go wrong. */
const RESERVED_VARIABLES = /^(?:GITHUB_.*|RUNNER_.*|ACTIONS_.*|INPUT_.*|STATE_.*|NODE_OPTIONS|PATH|CI)$/i;

/** Reads the `export-env` input: names of environment variables, each once. */
export function parseExportEnv(input: string, problems: InputProblems): string[] {
  const names = [...new Set(input.split(/[\s,]+/).filter(name => name !== ''))];
  for (const name of names) {
    const shown = `\`${name.slice(0, 40)}\``;
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      problems.add(
        errorTitles.invalidInput,
        `\`export-env\` has ${shown}, which cannot be the name of an environment variable: letters, digits and \`_\` only, and no digit first.`,
      );
    } else if (RESERVED_VARIABLES.test(name)) {
      problems.add(
        errorTitles.invalidInput,
        `\`export-env\` has ${shown}, which belongs to the runner. Choose another name, such as \`MAPBOX_ACCESS_TOKEN\`.`,
      );
    }
  }
  return names;
}

/** Mapbox's tools read two names, and do not agree which comes first. */
const ACCESS_TOKEN_NAMES = ['MAPBOX_ACCESS_TOKEN', 'MapboxAccessToken'];

/** Warnings about variables of the job that some consumers prefer to the exported ones. */
export function conflictingVariables(
  exportEnv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  return ACCESS_TOKEN_NAMES.filter(
    name =>
      env[name] && !exportEnv.includes(name) && ACCESS_TOKEN_NAMES.some(other => exportEnv.includes(other)),
  ).map(
    name =>
      `The job sets \`${name}\` already, and some of Mapbox's tools prefer it. Export both: \`export-env: ${ACCESS_TOKEN_NAMES.join(' ')}\`.`,
  );
}
