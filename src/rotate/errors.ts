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

/** The retries of requests to GitHub: the same rules, apart from those to Mapbox, and lines that name GitHub. */
export function githubRetryOptions(options: RetryOptions): RetryOptions {
  return { ...options, service: 'GitHub', budget: new RequestBudget() };
}

/** What was asked of GitHub when it said no. */
export type GithubQuestion = 'key' | 'secret' | 'repositories' | 'put';

/**
 * The error for a request about a place that did not succeed; nothing was changed at the place.
 *
 * @param repository `owner/name` of the workflow's repository.
 */
export function githubError(
  result: GithubRejection | RetriesExhausted,
  place: Place,
  question: GithubQuestion,
  repository: string,
): ActionError {
  if (result.kind === 'retries-exhausted') {
    return new ActionError(
      titleForRetryable(result.last, result.service),
      `${capitalize(describePlace(place))} could not be ${question === 'put' ? 'updated' : 'read'}. ${describeExhausted(result)}`,
    );
  }
  const { title, message } = explainRejection(result, place, question, repository);
  return new ActionError(title, message);
}

function explainRejection(
  rejection: GithubRejection,
  place: Place,
  question: GithubQuestion,
  repository: string,
): Pick<ActionError, 'title' | 'message'> {
  const { status, reason } = rejection;
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
    const own = reason === undefined ? '' : `: "${reason.replace(/\.$/, '')}"`;
    const said = `GitHub responded to ${where} with ${status}${own}.`;
    return {
      title: refusalTitle(rejection),
      message: `${said} ${refusalAdvice(rejection, place, repository)}`,
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

/** The only words in which GitHub says that a permission is missing. */
const NO_PERMISSION = /Resource not accessible by/i;

function refusalTitle({ status, reason = '' }: GithubRejection) {
  if (NO_PERMISSION.test(reason)) return errorTitles.githubPermissionMissing;
  return status === 404 ? errorTitles.secretNotFound : errorTitles.secretNotUpdated;
}

/** What to do about a 403 or 404, from GitHub's own reason if it has one. */
function refusalAdvice(rejection: GithubRejection, place: Place, repository: string): string {
  const { reason = '', needsSso } = rejection;
  if (/IP allow list/i.test(reason)) {
    return "The organization's IP allow list does not have the runner's address: add it there, or use a runner whose address is on it.";
  }
  if (needsSso || /SAML/i.test(reason)) {
    return 'The organization demands single sign-on (SAML), for which this token is not authorized: authorize it on the page of your personal access tokens, or use the token of a GitHub App.';
  }
  if (/archived/i.test(reason)) {
    return `${ownerName(place)} is archived and can only be read: unarchive it, or take it out of \`repositories\`.`;
  }
  if (/suspended/i.test(reason)) {
    return 'The installation of the GitHub App is suspended: lift that in its settings.';
  }
  if (NO_PERMISSION.test(reason)) {
    return `\`github-token\` lacks a permission. ${permissionAdvice(rejection, place)}${otherRepositoryAdvice(place, repository)}`;
  }
  return (
    `Possible causes: there is no such place (${describeScope(place)}); the GitHub App is not installed there, or \`github-token\` is not for it; or it lacks a permission. ` +
    `${permissionAdvice(rejection, place)}${otherRepositoryAdvice(place, repository)}`
  );
}

/** Which permission is needed. The job's own token can be given none that would do. */
function permissionAdvice({ acceptedPermissions }: GithubRejection, place: Place): string {
  const { name, input } = permissionFor(place);
  const asked = acceptedPermissions ? ` GitHub asks for \`${acceptedPermissions}\`.` : '';
  const codespaces =
    place.app === 'codespaces' && place.owner[0] === 'repos'
      ? ' For Codespaces even reading needs write access.'
      : '';
  return (
    `It needs *${name}: write* (\`${input}: write\` of actions/create-github-app-token), for ${ownerName(place)}.${asked}${codespaces} ` +
    "The job's own `GITHUB_TOKEN` cannot have it."
  );
}

function otherRepositoryAdvice(place: Place, repository: string): string {
  if (isIn(place, repository)) return '';
  return ' Without `owner` and `repositories`, actions/create-github-app-token creates a token for the repository of the workflow only: set both.';
}

const OLD_RUN =
  "A run has the secret's value of the moment when the run was created, and a re-run that of its first attempt: " +
  'if this run is older than the last rotation, start a new run.';

/** For a token that Mapbox's list no longer has. */
export function notListedError(token: RotatedToken): ActionError {
  return new ActionError(
    errorTitles.rotatedTokenNotFound,
    `The account ${token.username} has no token ${token.id}, which \`token\` holds: it was deleted, or belongs to another account. ${OLD_RUN} ` +
      `Otherwise create a token by hand on ${TOKENS_PAGE} and save it in the secret.`,
  );
}

/** A token that is its own authorizing token cannot even list the account's once it is deleted. */
export function explainOldRun(error: ActionError): ActionError {
  return new ActionError(error.title, `${error.message} ${OLD_RUN}`);
}

/** @param later what may have been in the secret after the current token. */
export function outdatedError(
  current: ListedToken,
  later: ListedToken,
  places: readonly { readonly place: Place }[],
): ActionError {
  return new ActionError(
    errorTitles.secretOutdated,
    `This run has the token ${current.id}, but ${describePlaces(places)} may have had ${later.id} since, which replaces it. Nothing was created or deleted. Possible causes:\n` +
      "- The run is older than the secret's value: a run has the value of the moment when it was created, and a re-run that of its first attempt. Start a new run, not a re-run.\n" +
      "- `secrets.NAME` reads another place than the one named here: an environment's secret hides a repository's, and that hides an organization's. Correct `environment`, `organization` or `repositories`.\n" +
      '- Someone or something put the old token back, such as Terraform or a tool that syncs secrets. Let it leave the value alone (`ignore_changes` in Terraform).\n' +
      '- GitHub carried out an earlier update late, or a clock was wrong.\n' +
      `In the last two cases, create a token by hand on ${TOKENS_PAGE}, save it in every place, and delete ${current.id} and ${later.id}.`,
  );
}

export function missingScopesError({ id }: ListedToken, missing: readonly string[]): ActionError {
  return new ActionError(
    errorTitles.authorizingTokenMissingScopes,
    `The authorizing token lacks ${codeList(missing)}. To replace the token ${id} it needs \`tokens:read\`, \`tokens:write\` and every scope of that token. ` +
      `Create one that has them all on ${TOKENS_PAGE}, and pass it as \`authorizing-token\`.`,
  );
}

export function notCopyableError({ id, notUnderstood }: ListedToken): ActionError {
  const fields = codeList(notUnderstood.map(name => oneLine(name).slice(0, 40)));
  return new ActionError(
    errorTitles.tokenNotCopyable,
    `The token ${id} has ${fields}, which this action does not understand and cannot copy: the new token would be less restricted. Nothing was created. ` +
      `Rotate it by hand on ${TOKENS_PAGE}, or look for a newer version of this action.`,
  );
}

/** What the three clocks said at the same moment: milliseconds since 1970. */
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
    'The token or its secret changes again and again: three times it was younger than two minutes. Nothing was changed. Let only one workflow rotate the secret (`concurrency`), and start a new run.',
  );
}
