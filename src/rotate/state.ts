import { ActionError, errorTitles, stackOf } from '../action-error.ts';
import { type CleanupState, parseState, serializeState } from '../cleanup/state.ts';
import { isObject, isStrings, isTokenId, parseJson } from '../mapbox/token.ts';
import type { Context } from '../runtime/context.ts';

/** How far a rotation got, for its post step. */
export type RotationPhase =
  /** The secrets may have the replacement. */
  | { readonly phase: 'putting'; readonly replacement: string; readonly previous: string }
  /** The secrets have the replacement. */
  | { readonly phase: 'put'; readonly replacement: string }
  /** The same, and tokens that have leaked are still to be deleted. */
  | { readonly phase: 'deleting'; readonly replacement: string; readonly undeleted: readonly string[] };

/** What the post step has to do or to say. Never a token's text. */
export interface RotationState {
  readonly cleanup: CleanupState | undefined;
  readonly rotation: RotationPhase | undefined;
}

/** The state that a rotation saves for its post step. */
export class PostStepState {
  readonly #context: Context;
  #state: RotationState = { cleanup: undefined, rotation: undefined };

  private constructor(context: Context) {
    this.#context = context;
  }

  static begin(context: Context, _action: 'rotation', _randomPart: string): PostStepState {
    return new PostStepState(context);
  }

  /**
   * Saves a change.
   *
   * @throws {ActionError} where it cannot be written.
   */
  update(change: Partial<RotationState> & { readonly nonce?: string }): void {
    const { nonce: _, ...rest } = change;
    this.#state = { ...this.#state, ...rest };
    this.#save();
  }

  /** Saves what is left when the step ends by itself. */
  finish(): void {}

  #save(): void {
    const { runner } = this.#context;
    try {
      runner.saveState(serializeRotation(this.#state));
    } catch (error) {
      runner.debug(stackOf(error));
      throw new ActionError(
        errorTitles.outputsNotWritten,
        "The runner's state file could not be written, without which the post step could not clean up. Is the disk full?",
      );
    }
  }
}

export function serializeRotation({ cleanup, rotation }: RotationState): string {
  if (cleanup === undefined && rotation === undefined) return '';
  return JSON.stringify({ rotation, cleanup: cleanup && serializeState(cleanup) });
}

/** Parses a saved state; `undefined` where there is none, or nothing to do. */
export function parseRotation(text: string): RotationState | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const cleanup = typeof value['cleanup'] === 'string' ? parseState(value['cleanup']) : undefined;
  const rotation = parsePhase(value['rotation']);
  return cleanup === undefined && rotation === undefined ? undefined : { cleanup, rotation };
}

function parsePhase(value: unknown): RotationPhase | undefined {
  if (!isObject(value)) return undefined;
  const { phase, replacement, previous, undeleted } = value;
  if (typeof replacement !== 'string' || !isTokenId(replacement)) return undefined;
  if (phase === 'putting' && typeof previous === 'string' && isTokenId(previous)) {
    return { phase, replacement, previous };
  }
  if (phase === 'deleting' && isStrings(undeleted) && undeleted.length > 0 && undeleted.every(isTokenId)) {
    return { phase, replacement, undeleted };
  }
  return phase === 'put' ? { phase, replacement } : undefined;
}
