import { isObject, isTokenId, parseJson } from '../mapbox/token.ts';
import { isJobMark } from '../note.ts';

/**
 * What the main step leaves for the post step: how to find every stored token that is to be deleted, or that a
 * lost request may have made. Never a token's text. Without a trail there is nothing to do.
 */
export interface Trail {
  readonly username: string;
  /** The whole note, as a person would look for it. */
  readonly note: string;
  /** The end of the note that this step's tokens alone carry; `undefined` for a token that is to stay. */
  readonly mark: string | undefined;
  /** The token that was made, as far as one is known. */
  readonly id: string | undefined;
  /** How many requests may have made a token that nobody holds: their answers were lost, or are still to come. */
  readonly lost: number;
}

/** The trail as it is written into the step's state. */
export function writeTrail(trail: Trail): string {
  return JSON.stringify(trail);
}

/**
 * Reads a trail back; `undefined` where there is none, or none that leads anywhere. Nothing is deleted by a text that
 * only resembles one.
 */
export function readTrail(text: string): Trail | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { username, note, mark, id, lost } = value;
  if (typeof username !== 'string' || typeof note !== 'string') return undefined;
  const trail = {
    username,
    note,
    mark: typeof mark === 'string' && isJobMark(mark) ? mark : undefined,
    id: typeof id === 'string' && isTokenId(id) ? id : undefined,
    lost: typeof lost === 'number' && Number.isSafeInteger(lost) && lost > 0 ? lost : 0,
  };
  return trail.id === undefined && trail.lost === 0 ? undefined : trail;
}
