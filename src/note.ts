import { runUrl, type WorkflowRun } from './runtime/workflow-run.ts';

/**
 * The note on a token is the trail that leads from the account back to the run that made it: a person on the
 * Tokens page can click through, the post step and the sweep find by it what was left behind.
 */

/** All that the note may have, bracket included. */
export const NOTE_LIMIT = 256;

const MARKER_START = '[until job ends: ';

/** The end of a `job` token's note; no other token's note ends so. */
export function jobMarker(run: WorkflowRun, nonce: string): string {
  return `${MARKER_START}${runUrl(run)}#${nonce}]`;
}

/** Whether a text is the mark of a `job` token and nothing else. Clean-up deletes by it. */
export function isJobMarker(text: string): boolean {
  return /^\[until job ends: \S+#[a-z0-9]{8}\]$/.test(text);
}

/**
 * The run attempt that a `job` token's note names, if it is one of this server and repository. Believed only
 * where {@link jobMarker} would have written the very same mark: who finds a run here may delete the token.
 */
export function runInNote(
  note: string,
  { server, repository, repositoryId }: Pick<WorkflowRun, 'server' | 'repository' | 'repositoryId'>,
): WorkflowRun | undefined {
  const at = note.lastIndexOf(MARKER_START);
  if (at === -1 || (at > 0 && note[at - 1] !== ' ')) return undefined;
  const marker = note.slice(at);
  // Fifteen digits are what a number holds exactly, and four more than GitHub's ids have by now.
  const found = /\/runs\/([1-9]\d{0,14})\/attempts\/([1-9]\d{0,8})#([a-z0-9]{8})\]$/.exec(marker);
  if (found === null) return undefined;
  const [, id = '', attempt = '', nonce = ''] = found;
  const run = { server, repository, repositoryId, id, attempt };
  return marker === jobMarker(run, nonce) ? run : undefined;
}

/** The note of a token that lives until the job ends. */
export function jobNote(note: string, marker: string): string {
  return withMarker(note, marker);
}

/** The note of a token that stays until a person deletes it. */
export function permanentNote(note: string, run: WorkflowRun): string {
  return withMarker(note, `[${runUrl(run)}]`);
}

/** Cuts the note, never the mark: the mark is what clean-up searches for. */
function withMarker(note: string, marker: string): string {
  const line = oneLine(note);
  const room = NOTE_LIMIT - marker.length - 1;
  const kept = line.length <= room ? line : truncate(line, room);
  return kept === '' ? marker : `${kept} ${marker}`;
}

/** At most `room` UTF-16 units, without half a character at the end. */
function truncate(text: string, room: number): string {
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (kept.length + segment.length > room) break;
    kept += segment;
  }
  return kept.trimEnd();
}

/** A note is one line: what would break it, or steer a terminal, becomes a space. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

const NONCE_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Eight characters that only this step's tokens carry. `random` gives whole numbers from 0 up to, not including, its argument. */
export function newNonce(random: (below: number) => number): string {
  return Array.from({ length: 8 }, () => NONCE_LETTERS.charAt(random(NONCE_LETTERS.length))).join('');
}
