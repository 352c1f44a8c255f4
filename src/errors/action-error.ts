/**
 * The titles of everything that can stop the step. They are what people search for, so they are stable: the
 * README's troubleshooting table is keyed by them.
 */
export const errorTitles = {
  noAuthorizer: 'No authorizing token',
  badAuthorizer: 'Authorizing token cannot be used',
  authorizerLacksScopes: 'Authorizing token lacks scopes',
  badScopes: 'Scopes to put right',
  badLifetime: 'Lifetime to put right',
  badInput: 'Input to put right',
  badInputs: 'Inputs to put right',
  noRunner: 'Not run by a GitHub Actions runner',
  unauthorized: 'Mapbox rejects the authorizing token',
  notFound: 'Mapbox finds no such account or permission',
  scopesRefused: 'Mapbox refuses the scopes',
  expiryRefused: 'Mapbox refuses the expiry',
  requestRefused: 'Mapbox refuses the request',
  limited: 'Mapbox rate limit',
  unreachable: 'Mapbox cannot be reached',
  failing: 'Mapbox is failing',
  strangeAnswer: 'Unexpected answer from Mapbox',
  badAnswer: 'Token refused: not what was asked for',
  handOver: 'Token could not be handed on',
  githubRejects: 'GitHub rejects the github-token',
  defect: 'Defect in this action',
} as const;

export type Title = (typeof errorTitles)[keyof typeof errorTitles];

/** Where an error comes from: for the log when debug logging is on, since any error may be in its text. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : '';
}

/** Something that stops the step, worded for the person in front of the log. Its message never holds a secret. */
export class ActionError extends Error {
  override readonly name = 'Failure';
  readonly title: Title;

  constructor(title: Title, message: string) {
    super(message);
    this.title = title;
  }
}
