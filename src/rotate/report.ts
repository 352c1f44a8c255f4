import { ActionError, codeList, errorTitles, stackOf } from '../action-error.ts';
import { describeExhausted } from '../api/describe.ts';
import { formatDuration } from '../duration.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import { noteText, oneLine } from '../note.ts';
import type { Runner } from '../runner/runner.ts';
import type { Cell } from '../runner/summary-table.ts';
import { runUrl, type WorkflowRun } from '../runtime/workflow-run.ts';
import type { Secret } from '../secret.ts';
import { type KeptToken, SETTLED_MS } from './chain.ts';
import type { Deletions, UndeletedToken } from './deletions.ts';
import { githubError } from './errors.ts';
import { capitalize, describePlace, describePlaces, type Place } from './places.ts';
import type { PlaceResult, PutFailure } from './put.ts';
import type { Facts, Replacement, Rotation } from './rotation.ts';
import type { KnownPlace } from './secrets.ts';

const USAGES: Readonly<Record<string, string>> = { pk: 'public', sk: 'secret' };

/** The line that announces what will be replaced, and where. */
export function planLine({ inputs: { dryRun }, run }: Rotation, { current, places }: Facts): string {
  const kind = USAGES[current.usage] ?? current.usage;
  return (
    `${dryRun ? 'Dry run: would replace' : 'Replacing'} the ${kind} token ${nameToken(current, run)} ` +
    `with ${current.scopes.length > 0 ? codeList(current.scopes) : 'no scopes'} in ${describePlaces(places)}.`
  );
}

/** The id, and the note's text in quotes if there is any. */
export function nameToken(
  { id, note }: { readonly id: string; readonly note: string },
  run: WorkflowRun,
): string {
  const text = oneLine(noteText(note, run));
  return text === '' ? id : `${id} ("${text}")`;
}

type Reporting = Pick<Rotation, 'policy' | 'run'>;

/** Why a token is still alive, as a sentence about it. */
export function describeKept({ token, reason }: KeptToken, { policy, run }: Reporting): string {
  const { revokePrevious } = policy;
  const which = `The token ${nameToken(token, run)}`;
  switch (reason) {
    case 'next-rotation':
      return `${which} is kept for jobs that already have it. The next rotation deletes it.`;
    case 'duration': {
      const after = typeof revokePrevious === 'object' ? revokePrevious.after : 0;
      return `${which} is kept for jobs that already have it. A run deletes it ${formatDuration(Math.max(after, SETTLED_MS))} after it was replaced.`;
    }
    case 'too-young':
      return `${which} is kept: it was created or replaced less than an hour ago. The next rotation deletes it.`;
    case 'never':
      return `${which} is kept: \`revoke-previous\` is \`never\`.`;
    case 'default-token':
      return `${which} is kept: it is the account's default token.`;
    case 'authorizing-token':
      return `${which} is kept: it is the authorizing token.`;
    case 'original':
      return `${which} was not created by a rotation of this secret and may be in use elsewhere. Delete it on the Tokens page once nothing uses it.`;
    case 'young-orphan':
      return `${which} was created by an interrupted rotation. A later rotation deletes it.`;
    case 'orphan':
      return `${which} was created by an interrupted rotation and is not deleted automatically. Delete it on the Tokens page once nothing uses it.`;
    case 'elsewhere':
      return `${which} replaces a token of this secret, but was created for another secret. Delete it on the Tokens page once nothing uses it.`;
  }
}

/** Tokens kept for these reasons are named in every rotation's warning, not only in the log. */
const NAMED: readonly KeptToken['reason'][] = ['original', 'orphan', 'young-orphan', 'elsewhere'];

/**
 * The one warning: tokens that could not be deleted, and tokens that need someone's attention; `undefined` if there are
 * none.
 */
export function leftWarning(
  kept: readonly KeptToken[],
  undeleted: readonly UndeletedToken[],
  rotation: Reporting,
): string | undefined {
  const { policy, run } = rotation;
  const isLeaked = policy.revokePrevious === 'now';
  const lines: string[] = [];
  if (undeleted.length > 0) {
    const then = isLeaked
      ? 'They have leaked: delete them on the Tokens page.'
      : 'A later rotation tries again.';
    lines.push(`These tokens could not be deleted. ${then}`);
    lines.push(...undeleted.map(({ token, reason }) => `- ${nameToken(token, run)}: ${reason}`));
  }
  for (const one of kept) {
    const { token, reason } = one;
    if (NAMED.includes(reason)) lines.push(describeKept(one, rotation));
    else if (isLeaked && reason === 'default-token') {
      lines.push(
        `The token ${nameToken(token, run)} has leaked and still works: it is the account's default token, which cannot be deleted. Use *Refresh* on the Tokens page to replace its text.`,
      );
    } else if (isLeaked && reason === 'authorizing-token') {
      lines.push(
        `The token ${nameToken(token, run)} has leaked and still works: it is the authorizing token, which a rotation does not delete. Use *Refresh* on the Tokens page, or replace it by hand and delete it.`,
      );
    }
  }
  return lines.length === 0 ? undefined : [...lines, `Tokens page: ${TOKENS_PAGE}`].join('\n');
}

/** The log lines about kept tokens that the warning does not name. */
export function keptLines(kept: readonly KeptToken[], rotation: Reporting): string[] {
  return kept.filter(({ reason }) => !NAMED.includes(reason)).map(one => describeKept(one, rotation));
}

/** The log lines after a rotation. */
export function resultLines(
  rotation: Rotation,
  { current }: Facts,
  { token }: Replacement,
  stored: Facts['places'],
  { deleted }: Deletions,
  kept: readonly KeptToken[],
): string[] {
  const { inputs, run } = rotation;
  return [
    `${capitalize(describePlaces(stored))} ${stored.length === 1 ? 'has' : 'have'} the new token ${token.id}, "${oneLine(token.note)}". Run: ${runUrl(run)}`,
    ...deleted.map(id => `Deleted the token ${id}.`),
    ...(inputs.revokePrevious === 'now' && deleted.includes(current.id)
      ? [
          `Later steps of this job and jobs in progress still have the deleted token ${current.id}, which no longer works.`,
        ]
      : []),
    ...(current.usage === 'pk'
      ? [
          `Pages and apps built with the token ${current.id} stop working when it is deleted (variables such as \`VITE_…\` and \`NEXT_PUBLIC_…\` are compiled in). Rebuild them after each rotation.`,
        ]
      : []),
    ...keptLines(kept, rotation),
  ];
}

/** The rows of the summary page. */
export function rotationRows(
  rotation: Rotation,
  { current }: Facts,
  { token }: Replacement,
  stored: Facts['places'],
  { deleted, undeleted }: Deletions,
  kept: readonly KeptToken[],
): [string, Cell][] {
  const { run } = rotation;
  const alive = [
    ...undeleted.map(({ token, reason }) => `${nameToken(token, run)}: ${reason}`),
    ...kept.map(one => describeKept(one, rotation)),
  ];
  return [
    ['Secret', describePlaces(stored)],
    ['New token', `${token.id}, ${oneLine(token.note)}`],
    ['Scopes', token.scopes.join(' ')],
    ['Replaced', nameToken(current, run)],
    ...(deleted.length > 0 ? ([['Deleted', deleted.join(' ')]] satisfies [string, string][]) : []),
    ...alive.map((text): [string, string] => ['Still alive', text]),
    ['Run', new URL(runUrl(run))],
    ['Tokens page', new URL(TOKENS_PAGE)],
  ];
}

/**
 * Which places have a token, which may have it, and which have an older one, one line for each group.
 *
 * @param name the token, such as `the new token, cjo6…`.
 * @param older the token that a place had before.
 */
export function placeLines(
  name: string,
  results: readonly PlaceResult[],
  older: (place: KnownPlace) => string = () => 'an older token',
): string[] {
  const groups = Map.groupBy(results, ({ place, result }) => {
    if (result.kind === 'stored') return capitalize(name);
    if (result.kind === 'unknown') return `Either ${name}, or ${older(place)}`;
    const isChanged = result.kind === 'not-stored' && result.reason.kind === 'changed';
    return isChanged ? 'Changed by someone else during this run' : `Still ${older(place)}`;
  });
  return [...groups].map(([text, group]) => `- ${text}: ${describePlaces(group.map(({ place }) => place))}`);
}

/** What an unsuccessful run deleted, as a part of a sentence: at most tokens that were never put anywhere. */
export function describeDeleted(ids: readonly string[]): string {
  return ids.length === 0
    ? 'nothing was deleted'
    : `only ${ids.join(', ')}, which no secret had, was deleted`;
}

/** Why it is not certain that places have a token, in sentences. */
export function describeFailures(results: readonly PlaceResult[], run: WorkflowRun): string {
  const reasons = results.flatMap(({ place: { place }, result }) =>
    result.kind === 'unknown' || result.kind === 'not-stored'
      ? [describeFailure(place, result.reason, run)]
      : [],
  );
  return [...new Set(reasons)].join(' ');
}

function describeFailure(place: Place, reason: PutFailure, { repository }: WorkflowRun): string {
  switch (reason.kind) {
    case 'changed':
      return `${capitalize(describePlace(place))} was changed during this run, so nothing was put there.`;
    case 'too-late':
      return `More than half an hour has passed since the tokens were listed, so nothing was put into ${describePlace(place)}. The machine may have slept.`;
    case 'retries-exhausted':
      return describeExhausted(reason);
    case 'rejected':
      return githubError(reason, place, 'put', repository).message;
  }
}

export const rotateOutputNames = ['rotated', 'token-id', 'previous-token-id', 'deleted', 'token'] as const;

type Outputs = Readonly<Record<(typeof rotateOutputNames)[number], string | Secret>>;

/** Writes the outputs of a run that rotated nothing. */
export function finishUnchanged(
  { context: { runner } }: Rotation,
  { id }: ListedToken,
  deleted: readonly string[],
): void {
  writeOutputs(runner, {
    rotated: 'false',
    'token-id': id,
    'previous-token-id': '',
    deleted: deleted.join(' '),
    token: '',
  });
}

/** @throws {ActionError} if they cannot be written. */
export function writeOutputs(runner: Runner, outputs: Outputs): void {
  try {
    runner.writeResults(outputs, {});
  } catch (error) {
    runner.debug(stackOf(error));
    throw new ActionError(
      errorTitles.outputsNotWritten,
      outputs.rotated === 'true'
        ? `The secret has the new token ${String(outputs['token-id'])}, but the outputs could not be written; is the disk full?`
        : 'The outputs could not be written; is the disk full? Nothing was rotated.',
    );
  }
}
