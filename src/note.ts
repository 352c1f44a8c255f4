/**
 * The note on a token leads from the account's Tokens page back to the run that created it. Its end, the marker, is
 * what clean-up, sweep and rotation find their own tokens by, so it is always whole:
 *
 *     Release tiles (octo/maps) [until job ends: 123456789/16012345678.1#k3v9x0aa]
 */
import { ActionError, errorTitles } from './action-error.ts';
import type { WorkflowRun } from './runtime/workflow-run.ts';
import { TOKENS } from './secret.ts';

/**
 * Mapbox's API description allows a note 128 characters (`maxLength` of `note`) and does not say how it counts. Bytes of
 * UTF-8 are never fewer than characters, so a note of 128 bytes fits however it is counted.
 */
export const MAX_NOTE_BYTES = 128;

/** Why a token exists, and until when. */
export type Purpose =
  | { readonly kind: 'until-job-ends' }
  | { readonly kind: 'until-deleted' }
  /** Made by a rotation in place of the token `replaced`. `original`: the token that no rotation made. */
  | { readonly kind: 'replaces'; readonly replaced: string; readonly original: string | undefined };

/** What a note's marker says. */
export interface Marker {
  readonly purpose: Purpose;
  /** See {@link repositoryKey}. */
  readonly repository: string;
  readonly runId: string;
  readonly attempt: string;
  /** Eight characters that only the tokens of one step carry. */
  readonly nonce: string;
}

/**
 * Identifies the repository in markers: by its id, which survives renames and transfers, or by its name where the runner
 * does not tell the id; with the server's host unless that is github.com.
 */
export function repositoryKey(run: Pick<WorkflowRun, 'server' | 'repository' | 'repositoryId'>): string {
  const host = URL.parse(run.server)?.host ?? '';
  const repository = run.repositoryId ?? run.repository;
  return host === 'github.com' ? repository : `${repository}@${host}`;
}

/** The marker of a step's tokens. */
export function createMarker(purpose: Purpose, run: WorkflowRun, nonce: string): Marker {
  return { purpose, repository: repositoryKey(run), runId: run.id, attempt: run.attempt, nonce };
}

/** The marker as it stands at the end of a note. */
export function formatMarker({ purpose, repository, runId, attempt, nonce }: Marker): string {
  return `[${formatPurpose(purpose)}: ${repository}/${runId}.${attempt}#${nonce}]`;
}

function formatPurpose(purpose: Purpose): string {
  switch (purpose.kind) {
    case 'until-job-ends':
      return 'until job ends';
    case 'until-deleted':
      return 'until deleted';
    case 'replaces':
      return ['replaces', purpose.replaced, purpose.original].filter(word => word !== undefined).join(' ');
  }
}

/** The marker with what stands before it, or the whole note. Run ids of 15 digits are exact in JavaScript. */
const MARKER =
  /(?:^| )\[(until job ends|until deleted|replaces ([A-Za-z0-9]{5,64})(?: ([A-Za-z0-9]{5,64}))?): ([^\s/#]+(?:\/[^\s/#]+)?)\/([1-9]\d{0,14})\.([1-9]\d{0,8})#([a-z0-9]{8})\]$/;

/**
 * Parses the marker at the end of a note; `undefined` where there is none. Tokens are deleted by it, so nothing is
 * taken for a marker that {@link formatMarker} would not have written.
 */
export function parseMarker(note: string): Marker | undefined {
  const match = MARKER.exec(note);
  if (match === null) return undefined;
  const [, word = '', replaced, original, repository = '', runId = '', attempt = '', nonce = ''] = match;
  const purpose: Purpose =
    replaced !== undefined
      ? { kind: 'replaces', replaced, original }
      : { kind: word === 'until job ends' ? 'until-job-ends' : 'until-deleted' };
  return { purpose, repository, runId, attempt, nonce };
}

/** The note without its marker and without the name of the repository that created the token. */
export function noteText(note: string): string {
  return note.replace(MARKER, '').replace(/(?:^| )\([\w.-]+\/[\w.-]+\)$/, '');
}

/**
 * Whether a note is one of the step with this nonce, also where Mapbox stored it changed: with a blank at its end, say,
 * or with characters escaped.
 */
export function hasNonce(note: string, nonce: string): boolean {
  return note.includes(`#${nonce}`);
}

/**
 * Builds a note of at most {@link MAX_NOTE_BYTES}: the text and the repository's name, as far as they fit, before the
 * whole marker.
 *
 * @throws {ActionError} where the marker alone does not fit, because the server's host name is too long.
 */
export function buildNote(text: string, run: WorkflowRun, marker: Marker): string {
  const end = formatMarker(marker);
  if (!fitsNote(marker)) {
    throw new ActionError(
      errorTitles.invalidInput,
      `Mapbox limits a token's note to ${MAX_NOTE_BYTES} characters, and what clean-up finds the token by needs ${Buffer.byteLength(end)} on this server (GITHUB_SERVER_URL). ` +
        (marker.purpose.kind === 'replaces'
          ? 'Tokens cannot be rotated from this server. Nothing was created.'
          : 'Use a temporary token, which has no note: `lifetime: 20m`.'),
    );
  }
  const room = MAX_NOTE_BYTES - Buffer.byteLength(end) - 1;
  const line = oneLine(text);
  const repository = `(${run.repository})`;
  const withRepository = room - Buffer.byteLength(repository) - 1;
  const cut = truncate(line, withRepository);
  if (line === '' ? withRepository >= -1 : cut !== '') return join([cut, repository, end]);
  return join([truncate(line, room), end]);
}

/** Whether a marker leaves the note within Mapbox's limit. */
export function fitsNote(marker: Marker): boolean {
  return Buffer.byteLength(formatMarker(marker)) <= MAX_NOTE_BYTES;
}

function join(parts: readonly string[]): string {
  return parts.filter(part => part !== '').join(' ');
}

const ELLIPSIS = '…';

/** At most `bytes` of UTF-8, cut between two characters as people count them; empty where not one fits. */
function truncate(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const room = bytes - Buffer.byteLength(ELLIPSIS);
  let kept = '';
  let size = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    size += Buffer.byteLength(segment);
    if (size > room) break;
    kept += segment;
  }
  kept = kept.trimEnd();
  return kept === '' ? '' : `${kept}${ELLIPSIS}`;
}

/**
 * A note is one line: what would break it, or steer a terminal, becomes a space. Whoever wrote it may have pasted a token
 * into it, which no mask hides: it becomes `***`.
 */
export function oneLine(text: string): string {
  return text
    .replace(TOKENS, '***')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

const NONCE_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/**
 * A nonce of eight characters, or the random end of one that begins with `prefix`.
 *
 * @param randomInt gives whole numbers from 0 up to, not including, its argument.
 */
export function newNonce(randomInt: (below: number) => number, prefix = ''): string {
  const random = Array.from({ length: 8 - prefix.length }, () =>
    NONCE_CHARACTERS.charAt(randomInt(NONCE_CHARACTERS.length)),
  );
  return prefix + random.join('');
}
