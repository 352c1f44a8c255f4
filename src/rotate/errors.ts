import { ActionError, codeList, errorTitles } from '../action-error.ts';
import { describeExhausted, titleForRetryable } from '../api/describe.ts';
import { RequestBudget } from '../api/request-budget.ts';
import type { RetriesExhausted } from '../api/result.ts';
import type { RetryOptions } from '../api/retry.ts';
import type { GithubRejection } from '../github/client.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { oneLine } from '../note.ts';
import type { RotatedToken } from './inputs.ts';
import {
  capitalize,
  describePlace,
  describePlaces,
  describeScope,
  isIn,
  ownerName,
  type Place,
  permissionFor,
} from './places.ts';

/** Retry options for GitHub: the same limits, but a separate request budget and log lines that name GitHub. */
export function githubRetryOptions(options: RetryOptions): RetryOptions {
  return { ...options, service: 'GitHub', budget: new RequestBudget() };
}

/** The purpose of a request to GitHub. */
export type GithubPurpose = 'key' | 'secret' | 'repositories' | 'put';

/**
 * The error for a failed request about a place. The place is unchanged.
 *
 * @param repository `owner/name` of the workflow's repository.
 */
export function githubError(
  result: GithubRejection | RetriesExhausted,
  place: Place,
  purpose: GithubPurpose,
  repository: string,
): ActionError {
  if (result.kind === 'retries-exhausted') {
    return new ActionError(
      titleForRetryable(result.last, result.service),
      `${capitalize(describePlace(place))} could not be ${purpose === 'put' ? 'updated' : 'read'}. ${describeExhausted(result)}`,
    );
  }
  const { title, message } = explainRejection(result, place, purpose, repository);
  return new ActionError(title, message);
}

function explainRejection(
  rejection: GithubRejection,
  place: Place,
  purpose: GithubPurpose,
  repository: string,
): Pick<ActionError, 'title' | 'message'> {
  const { status, reason } = rejection;
  const where = describePlace(place);
  const own = reason === undefined ? '' : `: "${reason.replace(/\.$/, '')}"`;
  const problem = `For ${where}, GitHub responded with ${status}${own}.`;
  if (status === 401) {
    return {
      title: errorTitles.githubTokenRejected,
      message:
        'GitHub responded with 401: `github-token` is invalid or has expired. A GitHub App token is valid for one hour: create it in the same job, right before this step.',
    };
  }
  if (status < 400) {
    return {
      title: errorTitles.secretNotFound,
      message: `For ${where}, GitHub responded with ${status}, a redirect${redirectAdvice(status, place)} Redirects are not followed.`,
    };
  }
  if (status === 404 && purpose === 'secret') {
    return {
      title: errorTitles.secretNotFound,
      message: `GitHub cannot find ${where}. A rotation does not create secrets. Correct \`secret\`, or the inputs that say where it is: \`repositories\`, \`environment\`, \`organization\` and \`app\`.`,
    };
  }
  if (status === 403 || status === 404) {
    return {
      title: refusalTitle(rejection),
      message: `${problem} ${refusalAdvice(rejection, place, purpose, repository)}`,
    };
  }
  return {
    title: errorTitles.githubUnexpectedResponse,
    message: status === 422 ? `${problem} It rejected the new value.` : problem,
  };
}

/** GitHub redirects from the old name of a repository with 301, 307 or 308; a login page may respond with 302. */
function redirectAdvice(status: number, { owner: [kind] }: Place): string {
  if (kind === 'repos' && [301, 307, 308].includes(status)) {
    return ': the repository was renamed. Use its new name in `repositories`.';
  }
  return '. Possible causes: the owner was renamed; a proxy or a login page responded instead of GitHub.';
}

/** The only wording that GitHub uses for a missing permission. */
const NO_PERMISSION = /Resource not accessible by/i;

function refusalTitle({ status, reason = '' }: GithubRejection) {
  if (NO_PERMISSION.test(reason)) return errorTitles.githubPermissionMissing;
  return status === 404 ? errorTitles.secretNotFound : errorTitles.secretNotUpdated;
}

/** What to do about a 403 or 404, based on GitHub's own reason if it gave one. */
function refusalAdvice(
  rejection: GithubRejection,
  place: Place,
  purpose: GithubPurpose,
  repository: string,
): string {
  const { reason = '', needsSso } = rejection;
  if (/IP allow list/i.test(reason)) {
    return "The organization's IP allow list does not include the runner's address: add it, or use a runner whose address is on the list.";
  }
  if (needsSso || /SAML/i.test(reason)) {
    return 'The organization requires single sign-on (SAML), and this token is not authorized for it: authorize it on the page of your personal access tokens, or use a GitHub App token.';
  }
  if (/\barchived\b.*read-only/i.test(reason)) {
    return `${ownerName(place)} is archived and therefore read-only: unarchive it, or remove it from \`repositories\`.`;
  }
  if (/installation.*suspended/i.test(reason)) {
    return 'The GitHub App installation is suspended: unsuspend it in its settings.';
  }
  if (NO_PERMISSION.test(reason)) {
    return `\`github-token\` lacks a permission. ${permissionAdvice(rejection, place)}${otherRepositoryAdvice(place, repository)}`;
  }
  return (
    `Possible causes: ${purpose === 'put' ? 'the secret was deleted during this run; ' : ''}${describeScope(place)} does not exist; the GitHub App is not installed there; \`github-token\` was not created for it, or lacks a permission. ` +
    `${permissionAdvice(rejection, place)}${otherRepositoryAdvice(place, repository)}`
  );
}

/** Names the missing permission, which the job's own token cannot have. */
function permissionAdvice({ acceptedPermissions }: GithubRejection, place: Place): string {
  const { name, input } = permissionFor(place);
  const asked = acceptedPermissions ? ` GitHub asks for \`${acceptedPermissions}\`.` : '';
  const codespaces =
    place.app === 'codespaces' && place.owner[0] === 'repos'
      ? ' For Codespaces, even reading requires write access.'
      : '';
  return (
    `It needs *${name}: write* (\`${input}: write\` of actions/create-github-app-token), for ${ownerName(place)}.${asked}${codespaces} ` +
    "The job's own `GITHUB_TOKEN` cannot have it."
  );
}

function otherRepositoryAdvice(place: Place, repository: string): string {
  if (isIn(place, repository)) return '';
  return " Without `owner` and `repositories`, actions/create-github-app-token creates a token for the workflow's repository only: set both.";
}

const OLD_RUN =
  'A run sees the secret as it was when the run was created, and a re-run sees it as in its first attempt: ' +
  'if this run is older than the last rotation, start a new run.';

/** The error for a token that is missing from Mapbox's list. */
export function notListedError(token: RotatedToken): ActionError {
  return new ActionError(
    errorTitles.rotatedTokenNotFound,
    `The token ${token.id}, which was passed as \`token\`, is not in the account ${token.username}: it was deleted, or belongs to another account. ${OLD_RUN} ` +
      `Otherwise, create a token by hand on ${TOKENS_PAGE} and save it in the secret.`,
  );
}

/** Adds a likely cause if the rejected authorizing token is also the token to rotate: it may have been deleted. */
export function explainOldRun(error: ActionError): ActionError {
  return new ActionError(error.title, `${error.message} ${OLD_RUN}`);
}

/** @param later the token that the secret may have received after the current one. */
export function outdatedError(
  current: ListedToken,
  later: ListedToken,
  places: readonly { readonly place: Place }[],
): ActionError {
  return new ActionError(
    errorTitles.secretOutdated,
    `This run has the token ${current.id}, but ${later.id}, which replaces it, may have been put into ${describePlaces(places)} since. Nothing was created or deleted. Possible causes:\n` +
      "- The run is older than the secret's value: a run sees secrets as they were when it was created, and a re-run sees them as in its first attempt. Start a new run, not a re-run.\n" +
      "- `secrets.NAME` is not the secret that the inputs name: an environment's secret overrides a repository's, which overrides an organization's. Correct `environment`, `organization` or `repositories`.\n" +
      '- Someone restored the old token, or a tool such as Terraform or a secret sync did. Make the tool ignore the value (`ignore_changes` in Terraform).\n' +
      '- GitHub processed an earlier update late, or a clock was wrong.\n' +
      `In the last two cases, create a token by hand on ${TOKENS_PAGE}, save it in every place, and delete ${current.id} and ${later.id}.`,
  );
}

export function missingScopesError({ id }: ListedToken, missing: readonly string[]): ActionError {
  return new ActionError(
    errorTitles.authorizingTokenMissingScopes,
    `The authorizing token lacks ${codeList(missing)}. To replace the token ${id}, it needs \`tokens:read\`, \`tokens:write\` and every scope of that token. ` +
      `Create one with all of them on ${TOKENS_PAGE}, and pass it as \`authorizing-token\`.`,
  );
}

export function notCopyableError({ id, notUnderstood }: ListedToken): ActionError {
  const fields = codeList(notUnderstood.map(name => oneLine(name).slice(0, 40)));
  return new ActionError(
    errorTitles.tokenNotCopyable,
    `The token ${id} has ${fields}, which this action does not understand and cannot copy: the new token would be less restricted. Nothing was created. ` +
      `Rotate it by hand on ${TOKENS_PAGE}, or check for a newer version of this action.`,
  );
}

/** Takes the times that the three clocks showed at the same moment, in milliseconds since 1970. */
export function clocksError(mapbox: number, github: number, runner: number): ActionError {
  const show = (time: number) => new Date(time).toISOString();
  return new ActionError(
    errorTitles.secretNotUpdated,
    `Mapbox's clock and GitHub's are more than a minute apart: Mapbox's says ${show(mapbox)}, GitHub's ${show(github)}, and this machine's ${show(runner)}. ` +
      'It is unclear which token is newer. Nothing was changed. Start a new run later.',
  );
}

export function notRestingError(): ActionError {
  return new ActionError(
    errorTitles.secretNotUpdated,
    'The token or its secret keeps changing: even after three waits, the last change was less than two minutes ago. This run changed nothing. Make sure that only one workflow rotates the secret (`concurrency`), and start a new run.',
  );
}
