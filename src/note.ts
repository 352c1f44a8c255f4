/**
 * A token's note shows on the account's Tokens page which run created the token. Clean-up, sweep and rotation recognize
 * their own tokens by the marker at the end of the note, which is never cut:
 *
 *     Release tiles (octo/maps) [until job ends: 123456789/16012345678.1#k3v9x0aa]
 */
import { ActionError, errorTitles } from './action-error.ts';
import type { WorkflowRun } from './runtime/workflow-run.ts';
import { TOKENS } from './secret.ts';

/**
 * Mapbox's API description limits a note to 128 characters (`maxLength` of `note`) and does not say how it counts them.
 * A text never has more characters than bytes of UTF-8, so a note of 128 bytes always fits.
 */
export const MAX_NOTE_BYTES = 128;

/** Why a token exists, and how long it lives. */
export type Purpose =
  | { readonly kind: 'until-job-ends' }
  | { readonly kind: 'until-deleted' }
  /**
   * Created by a rotation to replace the token `replaced`. `original`: the first token of the chain, which no rotation
   * created.
   */
  | { readonly kind: 'replaces'; readonly replaced: string; readonly original: string | undefined };

/** The fields of a marker. */
export interface Marker {
  readonly purpose: Purpose;
  /** See {@link repositoryKey}. */
  readonly repository: string;
  readonly runId: string;
  readonly attempt: string;
  /** Eight characters that identify one step's tokens. */
  readonly nonce: string;
}

/**
 * A server as it appears in markers: the host in lower case, the port if any, and the path without a trailing slash.
 */
export function serverKey(server: string): string {
  const { host = '', pathname = '' } = URL.parse(server) ?? {};
  return host + pathname.replace(/\/+$/, '');
}

/**
 * Identifies the repository in markers: by its id, which survives renames and transfers, or by its name if the runner
 * sets no id; followed by the server's host, port and path unless the server is github.com.
 */
export function repositoryKey(run: Pick<WorkflowRun, 'server' | 'repository' | 'repositoryId'>): string {
  const server = serverKey(run.server);
  const repository = run.repositoryId ?? run.repository;
  return server === 'github.com' ? repository : `${repository}@${server}`;
}

/** The marker of a step's tokens. */
export function createMarker(purpose: Purpose, run: WorkflowRun, nonce: string): Marker {
  return { purpose, repository: repositoryKey(run), runId: run.id, attempt: run.attempt, nonce };
}

/** The marker as text, for the end of a note. */
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

/**
 * Matches the marker at the end of a note, with the space before it, or a note that is only a marker. Markers are
 * unambiguous: `@` occurs only before a server, whose path ends at the last slash. A run id has at most 15 digits,
 * which a JavaScript number represents exactly.
 */
const MARKER =
  /(?:^| )\[(until job ends|until deleted|replaces ([A-Za-z0-9]{5,64})(?: ([A-Za-z0-9]{5,64}))?): ((?:[1-9]\d{0,17}|[\w.-]+\/[\w.-]+)(?:@[^\s/#@]+(?:\/[\w.~/-]*[\w.~-])?)?)\/([1-9]\d{0,14})\.([1-9]\d{0,8})#([a-z0-9]{8})\]$/;

/**
 * Parses the marker at the end of a note; `undefined` if there is none. Tokens are deleted based on their markers, so
 * only text that {@link formatMarker} can write is accepted.
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

/**
 * The text of a note without its marker and, given a run, without the name of the run's repository. Other text in
 * parentheses at the end, such as `(eu/prod)`, comes from the user and stays.
 */
export function noteText(note: string, run?: Pick<WorkflowRun, 'repository'>): string {
  const text = note.replace(MARKER, '');
  if (run === undefined) return text;
  const name = `(${run.repository})`;
  if (text === name) return '';
  return text.endsWith(` ${name}`) ? text.slice(0, -name.length - 1) : text;
}

/** Whether a note's text was cut, or may have been: it ends in `…`, or its marker leaves no room even for that. */
export function isCutNote(note: string): boolean {
  const text = note.replace(MARKER, '');
  return (
    text.endsWith(ELLIPSIS) || (text === '' && Buffer.byteLength(join([ELLIPSIS, note])) > MAX_NOTE_BYTES)
  );
}

/**
 * Whether a note has this nonce. Also true if Mapbox changed the note when storing it, for example by escaping
 * characters or adding a trailing space.
 */
export function hasNonce(note: string, nonce: string): boolean {
  return note.includes(`#${nonce}`);
}

/** A note for a new token. */
export interface BuiltNote {
  readonly note: string;
  /** Whether the text was cut to fit. The step must report it. */
  readonly cut: boolean;
}

/**
 * Builds a note of at most {@link MAX_NOTE_BYTES}: the text, the repository's name and the whole marker. If the note is
 * too long, the repository's name is left out; if it is still too long, the text is cut.
 *
 * @throws {ActionError} if the marker alone does not fit, because the server's address is too long.
 */
export function buildNote(text: string, run: WorkflowRun, marker: Marker): BuiltNote {
  const end = formatMarker(marker);
  if (!fitsNote(marker)) {
    throw new ActionError(
      errorTitles.invalidInput,
      `Mapbox limits a token's note to ${MAX_NOTE_BYTES} characters, but the marker that clean-up needs takes ${Buffer.byteLength(end)} on this server (GITHUB_SERVER_URL). ` +
        (marker.purpose.kind === 'replaces'
          ? 'Tokens cannot be rotated from this server. Nothing was created.'
          : 'Use a temporary token, which has no note: `lifetime: 20m`.'),
    );
  }
  const line = oneLine(text);
  for (const parts of [
    [line, `(${run.repository})`, end],
    [line, end],
  ]) {
    const note = join(parts);
    // A text that itself ends with the repository's name would be parsed as a shorter text with the name added.
    if (Buffer.byteLength(note) <= MAX_NOTE_BYTES && noteText(note, run) === line)
      return { note, cut: false };
  }
  const room = MAX_NOTE_BYTES - Buffer.byteLength(end) - 1;
  return { note: join([truncate(line, room), end]), cut: true };
}

/** Whether a marker leaves the note within Mapbox's limit. */
export function fitsNote(marker: Marker): boolean {
  return Buffer.byteLength(formatMarker(marker)) <= MAX_NOTE_BYTES;
}

function join(parts: readonly string[]): string {
  return parts.filter(part => part !== '').join(' ');
}

const ELLIPSIS = '…';

/** Cuts a text between grapheme clusters so that it has at most `bytes` of UTF-8; empty if not even `…` fits. */
function truncate(text: string, bytes: number): string {
  const room = bytes - Buffer.byteLength(ELLIPSIS);
  let kept = '';
  let size = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    size += Buffer.byteLength(segment);
    if (size > room) break;
    kept += segment;
  }
  return room < 0 ? '' : `${kept.trimEnd()}${ELLIPSIS}`;
}

/**
 * Makes a text safe for a note: one line, with spaces instead of control characters. Pasted tokens, which are not
 * masked, become `***`.
 */
export function oneLine(text: string): string {
  return text
    .replace(TOKENS, '***')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

const NONCE_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Creates a nonce of eight characters: `prefix`, then random characters.
 *
 * @param randomInt returns an integer from 0 up to, but not including, its argument.
 */
export function newNonce(randomInt: (below: number) => number, prefix = ''): string {
  const random = Array.from({ length: 8 - prefix.length }, () =>
    NONCE_CHARACTERS.charAt(randomInt(NONCE_CHARACTERS.length)),
  );
  return prefix + random.join('');
}
