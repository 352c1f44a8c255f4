import { ActionError, errorTitles } from '../action-error.ts';
import { proxyFor } from '../runtime/connect.ts';
import type { Context, Environment } from '../runtime/context.ts';
import type { Secret } from '../secret.ts';
import { createGithubClient, type GithubClient } from './client.ts';

/**
 * The URL of GitHub's API, from the runner's default variables; `https://<host>/api/v3` on GitHub Enterprise Server.
 *
 * @throws {ActionError} if the runner does not set GITHUB_API_URL to a URL.
 */
export function githubApiUrl(env: Environment): URL {
  const url = URL.parse(env['GITHUB_API_URL'] ?? '');
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
  throw new ActionError(
    errorTitles.notOnGithubActions,
    'GITHUB_API_URL is not set to a URL. This action has to be run by a GitHub Actions runner.',
  );
}

/** The maximum size of a response: the JSON of a run attempt takes about 30 KiB. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** Opens a connection to GitHub's API at `api`, and closes it after `use`. */
export async function withGithub<T>(
  context: Context,
  api: URL,
  token: Secret,
  use: (github: GithubClient) => Promise<T>,
): Promise<T> {
  const limits = { maxBytes: MAX_RESPONSE_BYTES };
  const client = await context.createHttpClient(api, proxyFor(api, context), limits);
  try {
    return await use(createGithubClient(client, api, token));
  } finally {
    await client.close();
  }
}
