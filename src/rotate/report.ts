import { codeList } from '../action-error.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import { noteText, oneLine } from '../note.ts';
import type { Cell } from '../runner/summary-table.ts';
import { runUrl } from '../runtime/workflow-run.ts';
import type { Deletions, LeftToken } from './deletions.ts';
import { capitalize, describePlace } from './places.ts';
import type { Facts, Replacement, Rotation } from './rotation.ts';

const USAGES: Readonly<Record<string, string>> = { pk: 'public', sk: 'secret' };

/** One line that says what is about to go where. */
export function planLine({ inputs: { dryRun } }: Rotation, { current, places }: Facts): string {
  const kind = USAGES[current.usage] ?? current.usage;
  return (
    `${dryRun ? 'Dry run: would replace' : 'Replacing'} the ${kind} token ${nameToken(current)} ` +
    `with ${codeList(current.scopes)} in ${describePlaces(places)}.`
  );
}

/** The id, and the note without what finds the token again. */
function nameToken({ id, note }: { readonly id: string; readonly note: string }): string {
  const text = oneLine(noteText(note));
  return text === '' ? id : `${id} ("${text}")`;
}

export function describePlaces(places: Facts['places']): string {
  return places.map(({ place }) => describePlace(place)).join(' and ');
}

/** Why a token is still alive, as a sentence about it. */
export function describeLeft({ token, reason }: LeftToken): string {
  const which = `The token ${nameToken(token)}`;
  switch (reason) {
    case 'next-rotation':
      return `${which} stays for jobs that already have it. The next rotation deletes it.`;
    case 'behind':
      return `${which} stays, because jobs of a place that missed a rotation may have it. The next rotation deletes it.`;
    case 'original':
      return `${which} was created by no rotation and may be in use elsewhere. Delete it on the Tokens page when nothing uses it.`;
    case 'default-token':
      return `${which} stays: it is the account's default token.`;
    case 'authorizing-token':
      return `${which} stays: it is the authorizing token.`;
    case 'never':
      return `${which} stays: \`revoke-previous\` is \`never\`.`;
    case 'other':
      return `${which} was created by a rotation of the same secret, but not in place of this token or one before it. Delete it on the Tokens page when nothing uses it.`;
    case 'run-in-progress':
      return `${which} was created by a rotation whose run is not over. If no secret has it by then, a later rotation deletes it.`;
    case 'run-unknown':
      return `${which} was created by a rotation that did not store it, but GitHub did not say whether that run is over (\`actions: read\`). A later rotation deletes it; or delete it on the Tokens page.`;
    case 'not-deleted':
      return `${which} could not be deleted.`;
  }
}

/** What only a person can decide. */
const FOR_PEOPLE: readonly LeftToken['reason'][] = ['original', 'other', 'run-unknown'];

/** The warning that names the tokens which somebody should look at; `undefined` where there are none. */
export function leftWarning(left: readonly LeftToken[]): string | undefined {
  const named = left.filter(({ reason }) => FOR_PEOPLE.includes(reason));
  if (named.length === 0) return undefined;
  return [...named.map(describeLeft), `Tokens page: ${TOKENS_PAGE}`].join('\n');
}

/** The warning for deletions that ended early. */
export function failureWarning({ left, failure }: Deletions, isLeaked: boolean): string | undefined {
  if (failure === undefined) return undefined;
  const ids = left.filter(({ reason }) => reason === 'not-deleted').map(({ token }) => token.id);
  const then = isLeaked
    ? `They have leaked (\`revoke-previous: now\`): delete them on the Tokens page, ${TOKENS_PAGE}.`
    : 'The next rotation tries again.';
  return `The secret has the new token, but these were not deleted: ${ids.join(', ')}. ${failure} ${then}`;
}

/** The log after a rotation. */
export function resultLines(
  { inputs, run }: Rotation,
  { current, places }: Facts,
  { token }: Replacement,
  { deleted, left }: Deletions,
): string[] {
  return [
    `${capitalize(describePlaces(places))} ${places.length === 1 ? 'has' : 'have'} the new token ${token.id}, "${oneLine(token.note)}". Run: ${runUrl(run)}`,
    ...deleted.map(id => `Deleted the token ${id}.`),
    ...(inputs.revokePrevious === 'now' && deleted.includes(current.id)
      ? [
          `Later steps of this job and jobs that are in progress still have the deleted token ${current.id}, which no longer works.`,
        ]
      : []),
    ...left
      .filter(({ reason }) => !FOR_PEOPLE.includes(reason) && reason !== 'not-deleted')
      .map(describeLeft),
  ];
}

/** The rows of the summary page. */
export function rotationRows(
  { run }: Rotation,
  { current, places }: Facts,
  { token }: Replacement,
  { deleted, left }: Deletions,
): [string, Cell][] {
  return [
    ['Secret', describePlaces(places)],
    ['New token', `${token.id}, ${oneLine(token.note)}`],
    ['Scopes', token.scopes.join(' ')],
    ['Replaced', nameToken(current)],
    ...(deleted.length > 0 ? ([['Deleted', deleted.join(' ')]] satisfies [string, string][]) : []),
    ...left.map((one): [string, string] => ['Still alive', describeLeft(one)]),
    ['Run', new URL(runUrl(run))],
    ['Tokens page', new URL(TOKENS_PAGE)],
  ];
}
