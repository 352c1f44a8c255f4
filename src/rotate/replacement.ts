import { ActionError, errorTitles } from '../action-error.ts';
import { describeExhausted } from '../api/describe.ts';
import type { RetriesExhausted, Retryable, Success } from '../api/result.ts';
import { type RetryOptions, retry } from '../api/retry.ts';
import type { CleanupState } from '../cleanup/state.ts';
import { missingScopes } from '../inputs/authorizing-token.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import { listTokenPage } from '../mapbox/list.ts';
import type { ApiResult, Rejected } from '../mapbox/response.ts';
import { deleteTokenWithRetry } from '../mapbox/tokens.ts';
import { validateToken } from '../mapbox/validate.ts';
import { mintStoredToken } from '../mint/stored.ts';
import { createMarker, fitsNote, hasNonce, newNonce, noteText, type Purpose } from '../note.ts';
import { InterruptedError, orInterrupted } from '../runtime/interruption.ts';
import type { WorkflowRun } from '../runtime/workflow-run.ts';
import { extractTokens } from '../secret.ts';
import { originalOf, type RotationFacts } from './chain.ts';
import { missingScopesError, notCopyableError } from './errors.ts';
import type { RotateInputs } from './inputs.ts';
import { accountWith, findToken, type Replacement, type Rotation } from './rotation.ts';

/** What creating a replacement needs of a rotation. */
type Creation = Pick<Rotation, 'run' | 'account' | 'options' | 'interrupted' | 'state' | 'randomPart'> & {
  readonly context: Pick<Rotation['context'], 'runner' | 'env' | 'randomInt'>;
  readonly inputs: Pick<RotateInputs, 'places' | 'isSeparate'>;
};

/**
 * Checks that a copy would be as restricted as the current token, and that the authorizing token can create it.
 *
 * @throws {ActionError} if either is not the case.
 */
export function checkCopyable(
  { authorizingToken }: Pick<RotateInputs, 'authorizingToken'>,
  { tokens, current }: Pick<RotationFacts, 'tokens' | 'current'>,
): void {
  if (current.notUnderstood.length > 0) throw notCopyableError(current);
  const needed = [...new Set(['tokens:read', 'tokens:write', ...current.scopes])];
  const held = findToken(tokens, authorizingToken.id)?.scopes;
  const missing =
    held === undefined
      ? missingScopes(authorizingToken, needed)
      : needed.filter(scope => !held.includes(scope));
  if (missing.length > 0) throw missingScopesError(current, missing);
}

/**
 * Creates the current token's replacement, verifies it, and asks Mapbox whether it works. The post step deletes it
 * unless it is put into a secret.
 *
 * @throws {ActionError} if there is no usable replacement. Any token created is deleted or left to the post step.
 * @throws {InterruptedError} likewise.
 */
export async function createReplacement(rotation: Creation, facts: RotationFacts): Promise<Replacement> {
  const { context, inputs, run, account, options, interrupted, state } = rotation;
  const { current } = facts;
  const nonce = unusedNonce(rotation, facts);
  state.update({ nonce });
  const replaces: Purpose = { kind: 'replaces', replaced: current.id, original: originalOf(facts) };
  const purpose = fitsNote(createMarker(replaces, run, nonce))
    ? replaces
    : { ...replaces, original: undefined };
  let toDelete: CleanupState | undefined;
  const request = {
    kind: 'stored',
    scopes: current.scopes,
    untilJobEnds: false,
    note: replacementText(current.note, run, inputs.places[0]?.secret ?? ''),
    allowedUrls: current.allowedUrls,
  } as const;
  const { token, cleanup: orphans } = await mintStoredToken(account, request, {
    run,
    purpose,
    actionPath: context.env['GITHUB_ACTION_PATH'] ?? '',
    nonce,
    options,
    interrupted,
    saveState: cleanup => {
      toDelete = cleanup;
      state.update({ cleanup });
    },
    warn: context.runner.warning,
  });
  const replacement = { token, nonce, toDelete, orphans };
  const problem = await orInterrupted(findProblem(rotation, facts, replacement), interrupted).catch(
    async error => {
      if (!interrupted.aborted) throw error;
      throw new InterruptedError(await discardReplacement(rotation, replacement));
    },
  );
  if (problem === undefined) return replacement;
  throw new ActionError(
    errorTitles.tokenMismatch,
    `Mapbox created a token, but ${problem.replace(/\.$/, '')}. ${await discardReplacement(rotation, replacement)}`,
  );
}

/** A nonce for the primary place that no listed token has: tokens are found and deleted by their nonces. */
function unusedNonce(
  { context, randomPart }: Creation,
  { tokens, places: [primary] }: RotationFacts,
): string {
  const tag = primary?.tag ?? '';
  let nonce = tag + randomPart;
  while (tokens.some(({ note }) => hasNonce(note, nonce))) nonce = newNonce(context.randomInt, tag);
  return nonce;
}

/** The old note without the repository's name, the marker and a final `…`, or the secret's name if nothing is left. */
function replacementText(note: string, run: WorkflowRun, secretName: string): string {
  const text = noteText(note, run).replace(/…$/, '').trim();
  return text === '' || extractTokens(text).length > 0 ? secretName : text;
}

/** It may take some seconds until all of Mapbox's servers know a new token. */
const NEW_TOKEN_BUDGET_MS = 10_000;

/** Why the new token must not be put into the secret, as the end of a sentence; `undefined` if it may. */
async function findProblem(
  { inputs, account, options }: Creation,
  { current }: RotationFacts,
  { token }: Replacement,
): Promise<string | undefined> {
  if (token.usage !== current.usage)
    return `it is a \`${token.usage}\` token instead of \`${current.usage}\``;
  const own = accountWith(account, token);
  const validity = await untilAccepted(async timeoutMs => {
    const result = await validateToken(own, timeoutMs);
    if (result.kind !== 'success' || result.value === 'TokenValid') return result;
    return refused(result.value);
  }, options);
  if (validity !== undefined) return `Mapbox does not confirm that it is valid. ${validity}`;
  if (inputs.isSeparate) return undefined;
  const listing = await untilAccepted(timeoutMs => listTokenPage(own, undefined, timeoutMs), options);
  return listing === undefined ? undefined : `it cannot list the account's tokens. ${listing}`;
}

function refused(code: string): Rejected {
  return {
    kind: 'rejected',
    reason: 'unauthorized',
    status: 200,
    isApiError: true,
    bodyDescription: `\`${code}\``,
    serverDate: undefined,
    requestId: undefined,
  };
}

/**
 * Repeats a request until Mapbox accepts the new token, for at most ten seconds after the first rejection. Returns why
 * Mapbox does not accept the token; `undefined` if it does.
 */
async function untilAccepted<T>(
  attempt: (timeoutMs: number) => Promise<ApiResult<T>>,
  options: RetryOptions,
): Promise<string | undefined> {
  const { clock } = options;
  let refusedAt: number | undefined;
  const result = await retry<T, Rejected>(async (timeoutMs): Promise<Success<T> | Rejected | Retryable> => {
    const result = await attempt(timeoutMs);
    if (result.kind !== 'rejected') return result;
    refusedAt ??= clock.monotonic();
    if (clock.monotonic() - refusedAt >= NEW_TOKEN_BUDGET_MS) return result;
    const bodyDescription =
      result.status === 200 ? `${result.bodyDescription} for the new token` : 'an error';
    return { kind: 'indeterminate', cause: { kind: 'server-error', status: result.status, bodyDescription } };
  }, options);
  return result.kind === 'success' ? undefined : describeRefusal(result);
}

function describeRefusal(result: Rejected | RetriesExhausted): string {
  if (result.kind === 'retries-exhausted') return describeExhausted(result);
  const what = result.status === 200 ? result.bodyDescription : String(result.status);
  return `Mapbox responded with ${what} for ${NEW_TOKEN_BUDGET_MS / 1000} s.`;
}

/** How long to try to delete an unused replacement, even if the step's time is up. */
const DISCARD_BUDGET_MS = 30_000;

/**
 * Deletes a replacement that no secret has. If that fails, it is left to the post step.
 *
 * @param isOldInSecret whether it is certain that the secret still has the old token.
 * @returns the result, in sentences.
 */
export async function discardReplacement(
  { account, options, state }: Pick<Rotation, 'account' | 'options' | 'state'>,
  { token, toDelete, orphans }: Replacement,
  isOldInSecret = true,
): Promise<string> {
  state.tryUpdate({ cleanup: toDelete, rotation: undefined });
  const deadline = options.clock.monotonic() + DISCARD_BUDGET_MS;
  const result = await deleteTokenWithRetry(account, token.id, undefined, { ...options, deadline });
  const isDeleted = result.kind !== 'retries-exhausted';
  if (isDeleted) state.tryUpdate({ cleanup: orphans && { ...orphans, token: undefined } });
  const end = isDeleted
    ? `The new token ${token.id} was deleted.`
    : `The new token ${token.id} is not in any secret and may still be alive: the post step and the next rotation try to delete it. See ${TOKENS_PAGE}.`;
  return isOldInSecret ? `${end} The secret still has the old token.` : end;
}
