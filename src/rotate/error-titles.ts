import type { RotationTitle } from '../errors/action-error.ts';

/** The titles of the errors that only a rotation can end with. As stable as the others. */
export const rotationTitles = {
  githubPermissionMissing: 'GitHub permission missing',
  secretNotFound: 'GitHub secret not found',
  githubRateLimited: 'GitHub rate limit exceeded',
  githubUnreachable: 'Could not reach GitHub',
  githubServerError: 'GitHub server error',
  githubUnexpectedResponse: 'Unexpected response from GitHub',
  rotatedTokenNotFound: 'Token to rotate not found',
  secretOutdated: 'Secret has another token',
  secretNotUpdated: 'Secret not updated',
  secretsDiffer: 'Secrets have different tokens',
} as const satisfies Record<string, RotationTitle>;
