/**
 * The titles of all errors that can stop a step. Users search for them and docs/troubleshooting.md lists them, so they
 * must not change.
 */
export const errorTitles = {
  missingAuthorizingToken: 'Missing authorizing token',
  invalidAuthorizingToken: 'Invalid authorizing token',
  authorizingTokenMissingScopes: 'Authorizing token is missing scopes',
  invalidScopes: 'Invalid scopes',
  invalidLifetime: 'Invalid lifetime',
  invalidInput: 'Invalid input',
  invalidInputs: 'Invalid inputs',
  notOnGithubActions: 'Not running on GitHub Actions',
  filesNotWritable: "Could not write to the runner's files",
  unauthorized: 'Mapbox rejected the authorizing token',
  notFound: 'Mapbox account or permission not found',
  scopesRejected: 'Mapbox rejected the scopes',
  expiryRejected: 'Mapbox rejected the expiry',
  requestRejected: 'Mapbox rejected the request',
  rateLimited: 'Mapbox rate limit exceeded',
  unreachable: 'Could not reach Mapbox',
  serverError: 'Mapbox server error',
  unexpectedResponse: 'Unexpected response from Mapbox',
  tokenMismatch: 'Token does not match the request',
  outputsNotWritten: 'Could not write outputs',
  githubTokenRejected: 'GitHub rejected the github-token',
  githubPermissionMissing: 'GitHub permission missing',
  secretNotFound: 'GitHub secret not found',
  githubRateLimited: 'GitHub rate limit exceeded',
  githubUnreachable: 'Could not reach GitHub',
  githubServerError: 'GitHub server error',
  githubUnexpectedResponse: 'Unexpected response from GitHub',
  rotatedTokenNotFound: 'Token to rotate not found',
  tokenNotCopyable: 'Token cannot be copied',
  secretOutdated: 'Secret has another token',
  secretNotUpdated: 'Secret not updated',
  secretsDiffer: 'Secrets have different tokens',
  nodeTooOld: 'Node.js is too old',
  internalError: 'Internal error',
} as const;

export type ErrorTitle = (typeof errorTitles)[keyof typeof errorTitles];

/** An error's stack trace. Its text may contain anything, so it is only for the debug log. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : '';
}

/** An error that stops the step. Its message is written for the user who reads the log, and never contains a secret. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  readonly title: ErrorTitle;

  constructor(title: ErrorTitle, message: string) {
    super(message);
    this.title = title;
  }
}

/** How many words a message names at most; there are fewer scopes. */
const MAX_NAMED = 40;

/**
 * Formats words as code, separated by commas. Of many words, only the first are named.
 *
 * @param format formats one word as code.
 */
export function codeList(words: readonly string[], format = (word: string) => `\`${word}\``): string {
  const named = words.slice(0, MAX_NAMED).map(word => format(word));
  return named.join(', ') + (words.length > MAX_NAMED ? ` and ${words.length - MAX_NAMED} more` : '');
}
