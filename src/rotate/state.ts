import { type CleanupState, parseState, serializeState } from '../cleanup/state.ts';
import { isObject, isStrings, isTokenId, parseJson } from '../mapbox/token.ts';

/**
 * What the rotation saves for its post step: how far it got. Never a token's text.
 *
 * `creating`: the replacement is in no secret, and is deleted with whatever lost requests created. `storing`: it may be in
 * one. `deleting`: it is in every secret, and tokens that have leaked are still to be deleted. `stored`: only orphans of
 * lost requests are left to search for.
 */
export type RotationState =
  | { readonly phase: 'creating' | 'stored'; readonly cleanup: CleanupState }
  | { readonly phase: 'storing'; readonly replacement: string; readonly previous: string }
  | { readonly phase: 'deleting'; readonly replacement: string; readonly undeleted: readonly string[] };

/** The state as the runner keeps it; `undefined` clears it. */
export function serializeRotation(state: RotationState | undefined): string {
  if (state === undefined) return '';
  return JSON.stringify('cleanup' in state ? { ...state, cleanup: serializeState(state.cleanup) } : state);
}

/** Parses a saved state; `undefined` where there is none, or nothing to do. */
export function parseRotation(text: string): RotationState | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { phase, cleanup: saved, replacement, previous, undeleted } = value;
  if (phase === 'creating' || phase === 'stored') {
    const cleanup = typeof saved === 'string' ? parseState(saved) : undefined;
    return cleanup === undefined ? undefined : { phase, cleanup };
  }
  if (typeof replacement !== 'string' || !isTokenId(replacement)) return undefined;
  if (phase === 'storing' && typeof previous === 'string' && isTokenId(previous)) {
    return { phase, replacement, previous };
  }
  if (phase === 'deleting' && isStrings(undeleted) && undeleted.length > 0 && undeleted.every(isTokenId)) {
    return { phase, replacement, undeleted };
  }
  return undefined;
}
