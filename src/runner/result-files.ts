import { closeSync, constants, openSync, statSync, truncateSync } from 'node:fs';
import { ActionError, type ErrorTitle, errorTitles } from '../action-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Why the runner's files cannot be written. */
export interface FileProblem {
  readonly title: ErrorTitle;
  /** One or two sentences. */
  readonly problem: string;
  readonly advice: string;
}

/**
 * Finds a file of the runner that cannot be written; `undefined` if there is none. If a file's variable is not set, the
 * toolkit prints the token to the log instead.
 *
 * @param variables whether the step sets environment variables.
 * @param uid this process's user, if the system has users.
 */
export function findFileProblem(
  env: Environment,
  variables: boolean,
  uid: number | undefined,
): FileProblem | undefined {
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STATE', ...(variables ? ['GITHUB_ENV'] : [])]) {
    const path = env[name];
    if (!path) {
      return {
        title: errorTitles.notOnGithubActions,
        problem: `${name} is not set.`,
        advice: 'This action has to be run by a GitHub Actions runner.',
      };
    }
    try {
      closeSync(openSync(path, constants.O_WRONLY | constants.O_APPEND));
    } catch (error) {
      return describeFileError(name, path, error, uid);
    }
  }
  return undefined;
}

function describeFileError(name: string, path: string, error: unknown, uid: number | undefined): FileProblem {
  const title = errorTitles.filesNotWritable;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const problem = `The runner's file ${name}, ${path}, cannot be written: ${code}.`;
  if (code === 'ENOSPC') return { title, problem, advice: 'Its disk is full.' };
  if (code !== 'EACCES' && code !== 'EPERM') {
    return { title, problem, advice: "Check the runner's temporary directory." };
  }
  const owner = ownerOf(path);
  const users = [
    ...(uid === undefined ? [] : [`This process runs as user ${uid}.`]),
    ...(owner === undefined ? [] : [`The file belongs to user ${owner}.`]),
  ];
  return {
    title,
    problem: [problem, ...users].join(' '),
    advice:
      "If the job runs in a container whose user is not root, set `options: --user root` in the job's `container`. On a self-hosted runner, run the runner and its steps as the same user.",
  };
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    return undefined;
  }
}

/**
 * Writes to one of the runner's files.
 *
 * @param name the variable that names the file.
 * @throws {ActionError} if `write` fails.
 */
export function writeFile(env: Environment, name: string, uid: number | undefined, write: () => void): void {
  try {
    write();
  } catch (error) {
    const { title, problem, advice } = describeFileError(name, env[name] ?? '', error, uid);
    throw new ActionError(title, `${problem} ${advice}`);
  }
}

/**
 * Checks that the runner's files can be written, before anything is sent.
 *
 * @param runner finds the problem, as {@link findFileProblem}.
 * @param variables whether the step sets environment variables.
 * @param consequence a sentence, such as "Nothing was deleted."
 * @throws {ActionError} if a file cannot be written.
 */
export function checkFiles(
  runner: { findFileProblem(variables: boolean): FileProblem | undefined },
  variables: boolean,
  consequence: string,
): void {
  const found = runner.findFileProblem(variables);
  if (found === undefined) return;
  throw new ActionError(found.title, `${found.problem} ${consequence} ${found.advice}`);
}

/**
 * Writes to the runner's files. If that fails, they are restored, because the runner reads them even after a failure.
 *
 * @throws what `write` throws.
 */
export function writeAllOrNothing(env: Environment, write: () => void): void {
  const files = [env['GITHUB_ENV'], env['GITHUB_OUTPUT'], env['GITHUB_STATE']].flatMap(path =>
    path === undefined ? [] : [{ path, size: statSync(path, { throwIfNoEntry: false })?.size }],
  );
  try {
    write();
  } catch (error) {
    for (const { path, size } of files) {
      try {
        if (size !== undefined) truncateSync(path, size);
      } catch {
        // Continue with the other files.
      }
    }
    throw error;
  }
}
