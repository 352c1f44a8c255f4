/**
 * The titles of everything that can stop the step. They are what people search for, so they are stable: the
 * table in docs/troubleshooting.md is keyed by them.
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

/** Where an error comes from: for the log when debug logging is on, since any error may be in its text. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : '';
}

/** Something that stops the step, worded for the person in front of the log. Its message never holds a secret. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  readonly title: ErrorTitle;

  constructor(title: ErrorTitle, message: string) {
    super(message);
    this.title = title;
  }
}

/** Words as code, with commas between. */
export function codeList(words: readonly string[]): string {
  return words.map(word => `\`${word}\``).join(', ');
}
