import { accessSync, constants, statSync, truncateSync } from 'node:fs';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Why the runner's files cannot be written, or `undefined`: without its file the toolkit would print a token to the log.
 *
 * @param variables whether environment variables are to be set.
 */
export function findMissingFile(env: Environment, variables: boolean): string | undefined {
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STATE', ...(variables ? ['GITHUB_ENV'] : [])]) {
    const path = env[name];
    if (!path) return `${name} is not set`;
    try {
      accessSync(path, constants.W_OK);
    } catch {
      return `the file named by ${name} cannot be written`;
    }
  }
  return undefined;
}

/**
 * Writes to the runner's files. Where that fails they are as they were before: the runner reads them also after a
 * failure.
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
        // The other files are truncated all the same.
      }
    }
    throw error;
  }
}
