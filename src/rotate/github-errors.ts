import { ActionError, errorTitles } from '../action-error.ts';
import { describeExhausted, titleForRetryable } from '../api/describe.ts';
import { RequestBudget } from '../api/request-budget.ts';
import type { RetriesExhausted } from '../api/result.ts';
import type { RetryOptions } from '../api/retry.ts';
import { capitalize, describePlace, type Place, permissionFor } from './places.ts';
import type { GithubRejection } from './secrets.ts';

/** The retries of requests to GitHub: the same rules, apart from those to Mapbox, and lines that name GitHub. */
export function githubRetryOptions(options: RetryOptions): RetryOptions {
  return {
    ...options,
    service: 'GitHub',
    budget: new RequestBudget(),
  };
}

/** What was asked of GitHub when it said no. */
export type GithubQuestion = 'key' | 'secret' | 'repositories' | 'put';

/** The error for a request about a place that did not succeed; nothing was changed at the place. */
export function githubError(
  result: GithubRejection | RetriesExhausted,
  place: Place,
  question: GithubQuestion,
): ActionError {
  if (result.kind === 'retries-exhausted') {
    return new ActionError(
      titleForRetryable(result.last, result.service),
      `${capitalize(describePlace(place))} could not be ${question === 'put' ? 'updated' : 'read'}. ${describeExhausted(result)}`,
    );
  }
  const { title, message } = explainRejection(result, place, question);
  return new ActionError(title, message);
}

function explainRejection(
  rejection: GithubRejection,
  place: Place,
  question: GithubQuestion,
): Pick<ActionError, 'title' | 'message'> {
  const { status } = rejection;
  const where = describePlace(place);
  if (status === 401) {
    return {
      title: errorTitles.githubTokenRejected,
      message:
        'GitHub responded with 401: `github-token` is not valid, or no longer. The token of a GitHub App lives for an hour: create it in the same job, right before this step.',
    };
  }
  if (status >= 300 && status < 400) {
    return {
      title: errorTitles.secretNotFound,
      message: `GitHub responded to ${where} with ${status}, a redirect: the repository has another name now. Write its new name into \`repositories\`. Redirects are not followed.`,
    };
  }
  if (status === 404 && question === 'secret') {
    return {
      title: errorTitles.secretNotFound,
      message: `GitHub has no such secret: ${where}. A rotation creates no new secret. Correct \`secret\`, or \`repositories\`, \`environment\`, \`organization\` and \`app\`, which say where it is.`,
    };
  }
  if (status === 403 || status === 404) {
    const isHidden = status === 404 ? `, or there is no such place: ${describeScope(place)}` : '';
    return {
      title: errorTitles.githubPermissionMissing,
      message: `GitHub responded to ${where} with ${status}: \`github-token\` lacks a permission${isHidden}. ${permissionAdvice(rejection, place)}`,
    };
  }
  return {
    title: errorTitles.githubUnexpectedResponse,
    message:
      status === 422
        ? `GitHub responded with 422: it does not take the new value for ${where}.`
        : `GitHub responded to ${where} with ${status}.`,
  };
}

/** Which permission is missing. The job's own token can be given none that would do. */
function permissionAdvice({ acceptedPermissions }: GithubRejection, place: Place): string {
  const { name, input } = permissionFor(place);
  const words = acceptedPermissions?.replace(/[^\w=,; -]/g, '').slice(0, 100);
  const asked = words ? ` GitHub asks for \`${words}\`.` : '';
  const codespaces =
    place.kind === 'repository' && place.app === 'codespaces'
      ? ' For Codespaces even reading needs write access.'
      : '';
  const owner = place.kind === 'organization' ? place.organization : `${place.owner}/${place.repo}`;
  return (
    `It needs *${name}: write* (\`${input}: write\` of actions/create-github-app-token), for ${owner}.${asked}${codespaces} ` +
    "The GitHub App must be installed there and have the permission; the job's own `GITHUB_TOKEN` cannot."
  );
}

function describeScope(place: Place): string {
  if (place.kind === 'organization') return `the organization ${place.organization}`;
  const repository = `the repository ${place.owner}/${place.repo}`;
  return place.kind === 'environment'
    ? `the environment \`${place.environment}\` or ${repository}`
    : repository;
}
