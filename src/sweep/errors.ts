import { ActionError, errorTitles } from '../action-error.ts';
import { describeExhausted, describeRequestId, titleForRetryable } from '../api/describe.ts';
import type { RetriesExhausted } from '../api/result.ts';
import type { Clock } from '../clock.ts';
import { type Account, TOKENS_PAGE } from '../mapbox/account.ts';
import { describeStatus, rejectionError } from '../mapbox/errors.ts';
import type { ListedToken } from '../mapbox/list.ts';
import type { Rejected } from '../mapbox/response.ts';
import { oneLine } from '../note.ts';
import { runUrl } from '../runtime/workflow-run.ts';
import type { SweepDeletion } from './deletions.ts';
import { describeLookupError, pluralize } from './report.ts';
import type { SweptToken } from './rule.ts';

const RENEW =
  'The scopes of a token cannot be changed on the Tokens page: create a new one with `tokens:read` and `tokens:write` ' +
  `on ${TOKENS_PAGE} and save it in the secret.`;

/**
 * Checks the scopes that the list shows for the authorizing token.
 *
 * @throws {ActionError} if it cannot delete tokens.
 */
export function checkOwnScopes(own: ListedToken | undefined): void {
  if (own === undefined || !own.scopes.includes('tokens:read') || own.scopes.includes('tokens:write')) return;
  throw new ActionError(
    errorTitles.authorizingTokenMissingScopes,
    `The authorizing token lacks \`tokens:write\`, so nothing can be deleted. ${RENEW}`,
  );
}

/** The error if the list of tokens could not be read. */
export async function listError(
  result: Rejected | RetriesExhausted,
  account: Account,
  clock: Clock,
): Promise<ActionError> {
  if (result.kind === 'retries-exhausted') {
    return new ActionError(
      titleForRetryable(result.last, result.service),
      `The tokens could not be listed. ${describeExhausted(result)} Nothing was deleted; the next sweep tries again.`,
    );
  }
  if (
    result.isApiError &&
    result.reason === 'not-found' &&
    account.username === account.authorizingToken.username
  ) {
    return new ActionError(
      errorTitles.notFound,
      `Mapbox responded with ${describeStatus(result.status)}${describeRequestId(result)} to the request for the list of tokens: the authorizing token lacks \`tokens:read\`. ${RENEW}`,
    );
  }
  return sweepRejectionError(result, account, clock);
}

/** The error if deletions failed; `undefined` if none failed, even if time ran out. */
export async function deletionError(
  deletions: readonly SweepDeletion[],
  account: Account,
  clock: Clock,
): Promise<ActionError | undefined> {
  const progress = describeProgress(deletions);
  const rejected = deletions.find(deletion => deletion.kind === 'rejected');
  if (rejected !== undefined) {
    if (rejected.isApiError && rejected.reason === 'not-found') {
      return notFoundError(
        rejected,
        progress,
        deletions.some(({ kind }) => kind === 'deleted'),
      );
    }
    const { title, message } = await sweepRejectionError(rejected, account, clock);
    return new ActionError(title, `${message} ${progress}`);
  }
  const exhausted = deletions.find(
    deletion => deletion.kind === 'retries-exhausted' && deletion.last.kind !== 'rate-limited',
  );
  if (exhausted?.kind !== 'retries-exhausted') return undefined;
  return new ActionError(
    titleForRetryable(exhausted.last, exhausted.service),
    `${describeExhausted(exhausted)} ${progress} The next sweep tries the others again.`,
  );
}

/** Keeps annotations readable; the log has all tokens. */
const MAX_NAMED = 20;

function nameTokens(lines: readonly string[]): string[] {
  const more = lines.length - MAX_NAMED;
  const named = lines.slice(0, MAX_NAMED).map(line => `- ${line}`);
  return more > 0 ? [...named, `- and ${more} more, see the log`] : named;
}

/** The warning about tokens whose runs could not be looked up; `undefined` if there are none. */
export function uncheckedWarning(tokens: readonly SweptToken[]): string | undefined {
  const unchecked = tokens.flatMap(({ token, run, decision }) => {
    if (decision.kind !== 'keep') return [];
    const { reason } = decision;
    return reason.kind === 'unknown' || reason.kind === 'not-checked' ? [{ token, run, reason }] : [];
  });
  if (unchecked.length === 0) return undefined;
  const lines = unchecked.map(({ token, run, reason }) => {
    const cause = reason.kind === 'unknown' ? describeLookupError(reason.cause) : 'not looked up';
    return `${token.id} of ${runUrl(run)} (attempt ${run.attempt}): ${cause}`;
  });
  const mayLackPermission = unchecked.some(
    ({ reason }) =>
      reason.kind === 'unknown' &&
      reason.cause.kind === 'rejected' &&
      (reason.cause.status === 404 || /^Resource not accessible by /.test(reason.cause.reason ?? '')),
  );
  const advice =
    'To read runs, the job needs `permissions: actions: read`. If it cannot have that, set `job-max-age`. ';
  return [
    `Kept ${pluralize(unchecked.length, 'token')}, because GitHub did not say whether the run is over:`,
    ...nameTokens(lines),
    `${mayLackPermission ? advice : ''}The next sweep asks again.`,
  ].join('\n');
}

/** The warning about permanent tokens whose notes were truncated; `undefined` if there are none. */
export function cutNoteWarning(tokens: readonly SweptToken[]): string | undefined {
  const cut = tokens.filter(
    ({ decision }) => decision.kind === 'keep' && decision.reason.kind === 'cut-note',
  );
  if (cut.length === 0) return undefined;
  return [
    `Kept ${pluralize(cut.length, 'permanent token')}, because the note was truncated, and the missing text may differ:`,
    ...nameTokens(cut.map(({ token }) => `${token.id} "${oneLine(token.note)}"`)),
    'Use shorter notes, and delete tokens that are no longer in use on the Tokens page:',
    TOKENS_PAGE,
  ].join('\n');
}

/** The warning about tokens that are left although nothing was rejected; `undefined` if there are none. */
export function leftoverWarning(deletions: ReadonlyMap<SweptToken, SweepDeletion>): string | undefined {
  const results = [...deletions.values()];
  if (results.every(isGone)) return undefined;
  const unconfirmed = [...deletions].filter(([, { kind }]) => kind === 'unconfirmed');
  const progress = describeProgress(results);
  if (unconfirmed.length === 0) {
    const limited = results.find(
      result => result.kind === 'retries-exhausted' && result.last.kind === 'rate-limited',
    );
    const cause = limited?.kind === 'retries-exhausted' ? describeExhausted(limited) : 'Time is up.';
    return `${cause} ${progress} The next sweep deletes the others; raise \`timeout\` to delete all of them in one sweep.`;
  }
  return [
    `Mapbox responded with 404 to the deletion of ${pluralize(unconfirmed.length, 'token')}, and no complete list confirmed that they are gone:`,
    ...nameTokens(unconfirmed.map(([{ token }]) => token.id)),
    `${progress} The next sweep tries again.`,
  ].join('\n');
}

/** Whether a token no longer exists. */
export function isGone({ kind }: SweepDeletion): boolean {
  return kind === 'deleted' || kind === 'already-deleted' || kind === 'unlisted';
}

/** The error for a `github-token` that GitHub does not accept. */
export function githubTokenError(): ActionError {
  return new ActionError(
    errorTitles.githubTokenRejected,
    "GitHub responded with 401: `github-token` is invalid or has expired. Leave it out to use the job's own token, which needs `permissions: actions: read`. Nothing was deleted.",
  );
}

/** @param deletedOthers whether the authorizing token has deleted any token. */
function notFoundError(rejected: Rejected, progress: string, deletedOthers: boolean): ActionError {
  const what = `Mapbox responded with ${describeStatus(rejected.status)}${describeRequestId(rejected)} twice to the deletion of a token that it lists`;
  return new ActionError(
    errorTitles.notFound,
    deletedOthers
      ? `${what}. ${progress} The next sweep tries again.`
      : `${what}. That is how Mapbox responds if the authorizing token lacks \`tokens:write\`. ${progress} ${RENEW}`,
  );
}

function describeProgress(deletions: readonly SweepDeletion[]): string {
  const deleted = deletions.filter(({ kind }) => kind === 'deleted').length;
  const already = deletions.filter(isGone).length - deleted;
  const due = pluralize(deletions.length, 'token');
  return `Deleted ${deleted} of ${due} due for deletion${already > 0 ? `; already gone: ${already}` : ''}.`;
}

async function sweepRejectionError(rejected: Rejected, account: Account, clock: Clock): Promise<ActionError> {
  if (rejected.isApiError && rejected.reason === 'other') {
    return new ActionError(
      errorTitles.requestRejected,
      `Mapbox rejected the request with ${rejected.status}${describeRequestId(rejected)}.`,
    );
  }
  return rejectionError(rejected, [], account, clock);
}
