import { isObject, isTokenId, parseJson } from '../mapbox/token.ts';
import { isJobMarker } from '../note.ts';

/**
 * What the main step leaves for the post step: how to find every stored token that is to be deleted, or that a
 * lost request may have made. Never a token's text. Without a trail there is nothing to do.
 */
export interface CleanupState {
  readonly username: string;
  /** The whole note, as a person would look for it. */
  readonly note: string;
  /** The end of the note that this step's tokens alone carry; `undefined` for a token that is to stay. */
  readonly marker: string | undefined;
  /** The token that was made, as far as one is known. */
  readonly id: string | undefined;
  /** How many requests may have made a token that nobody holds: their answers were lost, or are still to come. */
  readonly orphans: number;
}

/** The trail as it is written into the step's state. */
export function serializeState(state: CleanupState): string {
  return JSON.stringify(state);
}

/**
 * Reads a trail back; `undefined` where there is none, or none that leads anywhere. Nothing is deleted by a text that
 * only resembles one.
 */
export function parseState(text: string): CleanupState | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { username, note, marker, id, orphans } = value;
  if (typeof username !== 'string' || typeof note !== 'string') return undefined;
  const state = {
    username,
    note,
    marker: typeof marker === 'string' && isJobMarker(marker) ? marker : undefined,
    id: typeof id === 'string' && isTokenId(id) ? id : undefined,
    orphans: typeof orphans === 'number' && Number.isSafeInteger(orphans) && orphans > 0 ? orphans : 0,
  };
  return state.id === undefined && state.orphans === 0 ? undefined : state;
}
