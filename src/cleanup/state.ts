import { stackOf } from '../action-error.ts';
import { isAccountName, parseApiUrl } from '../inputs/connection.ts';
import { InputProblems } from '../inputs/problems.ts';
import { isObject, isStrings, isTokenId, parseJson } from '../mapbox/token.ts';
import { MAX_NOTE_BYTES } from '../note.ts';
import { checkFiles } from '../runner/result-files.ts';
import type { Context } from '../runtime/context.ts';
import type { ProcessIdentity } from '../runtime/processes.ts';
import { extractTokens } from '../secret.ts';

/** What a post step needs to delete tokens or to search for them. Never a token's text. */
export interface CleanupState {
  /** The Mapbox endpoint that the main step used. The post step uses its own input, and only if both are the same. */
  readonly apiUrl: string;
  /** `GITHUB_ACTION_PATH`, which distinguishes the post step of a nested local composite action from any other. */
  readonly actionPath: string;
  /** The main step's authorizing token. Its id, if known, is not secret. */
  readonly authorizingToken: { readonly id: string | undefined; readonly username: string };
  readonly username: string;
  /** The whole note, as a person would search for it. */
  readonly note: string;
  /** All tokens of this step have it in their notes, and no others do. */
  readonly nonce: string;
  /** The created token, if its id is known. One to keep stays in use after the job. */
  readonly token: { readonly id: string; readonly keep: boolean } | undefined;
  /** How many requests may have created an unknown token: their responses were lost or are still outstanding. */
  readonly orphans: number;
}

/** How far a rotation got with its places. `deleting`: leaked tokens still have to be deleted. */
export type RotationPhase =
  | { readonly phase: 'putting'; readonly replacement: string; readonly previous: string }
  | { readonly phase: 'put'; readonly replacement: string }
  | { readonly phase: 'deleting'; readonly replacement: string; readonly undeleted: readonly string[] };

/** What the main step of a mint or rotation saves for its post step. */
export interface SavedState {
  readonly action: 'mint' | 'rotation';
  /** The nonce of the step's tokens. At first, a rotation knows only its random end. */
  readonly nonce: string;
  /** The main step's process, until it ends by itself. Known on Linux only. */
  readonly mainStep: ProcessIdentity | undefined;
  readonly cleanup: CleanupState | undefined;
  readonly rotation: RotationPhase | undefined;
}

/**
 * The post step's state. It is saved before anything else is done, so that the runner never passes a variable that
 * another step set instead [actions/runner, ActionRunner.cs], and again whenever it changes.
 */
export class PostStepState {
  readonly #runner: Context['runner'];
  #state: SavedState;

  private constructor(runner: Context['runner'], state: SavedState) {
    this.#runner = runner;
    this.#state = state;
  }

  /**
   * Saves that a main step has begun.
   *
   * @param nonce see {@link SavedState.nonce}.
   * @throws {ActionError} if the runner's files cannot be written.
   */
  static begin(
    { runner, processes }: Pick<Context, 'runner' | 'processes'>,
    action: SavedState['action'],
    nonce: string,
  ): PostStepState {
    const consequence = { mint: 'No token was created.', rotation: 'Nothing was rotated.' }[action];
    checkFiles(runner, false, consequence);
    const mainStep = processes.own();
    const state = new PostStepState(runner, {
      action,
      nonce,
      mainStep,
      cleanup: undefined,
      rotation: undefined,
    });
    state.update({});
    return state;
  }

  /** @throws {ActionError} if the state cannot be saved. Then nothing must be created. */
  update(change: Partial<Pick<SavedState, 'nonce' | 'cleanup' | 'rotation'>>): void {
    this.#state = { ...this.#state, ...change };
    this.#runner.saveState(JSON.stringify(this.#state));
  }

  /** Like {@link update}, where a failure must not stop the step: the post step then acts on the previous state. */
  tryUpdate(change: Parameters<PostStepState['update']>[0]): void {
    try {
      this.update(change);
    } catch (error) {
      this.#runner.debug(stackOf(error));
    }
  }

  /**
   * Saves what a main step that ends by itself leaves to the post step, usually nothing. If saving fails, the post step
   * searches for tokens that do not exist.
   */
  finish(): void {
    try {
      this.finishWith(this.#state.cleanup, text => this.#runner.saveState(text));
    } catch (error) {
      this.#runner.debug(stackOf(error));
    }
  }

  /**
   * Like {@link finish}, but saves the state together with other results.
   *
   * @param write takes the state, and throws if nothing was written.
   */
  finishWith(cleanup: CleanupState | undefined, write: (state: string) => void): void {
    const state: SavedState = { ...this.#state, cleanup, mainStep: undefined };
    write(isNothingLeft(state) ? '' : JSON.stringify(state));
    this.#state = state;
  }
}

function isNothingLeft({ mainStep, cleanup, rotation }: SavedState): boolean {
  return mainStep === undefined && isClean(cleanup) && (rotation === undefined || rotation.phase === 'put');
}

/** Whether there is no token to delete or to search for, provided that the main step has ended. */
function isClean(cleanup: CleanupState | undefined): boolean {
  return (
    cleanup === undefined || ((cleanup.token === undefined || cleanup.token.keep) && cleanup.orphans === 0)
  );
}

/**
 * Parses a saved state; `undefined` if there is none, if nothing is left to do, or if any part is malformed: another
 * step may have set it.
 */
export function parseState(text: string): SavedState | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { action, nonce } = value;
  if (action !== 'mint' && action !== 'rotation') return undefined;
  if (
    typeof nonce !== 'string' ||
    !(action === 'mint' ? /^[a-z0-9]{8}$/ : /^(?:[a-z0-9]{3}|[a-z0-9]{8})$/).test(nonce)
  )
    return undefined;
  const mainStep = parsePart(value['mainStep'], parseProcess);
  const cleanup = parsePart(value['cleanup'], part => parseCleanup(part, nonce));
  const rotation = parsePart(value['rotation'], parseRotation);
  if (mainStep === 'invalid' || cleanup === 'invalid' || rotation === 'invalid') return undefined;
  const isDone = mainStep === undefined && isClean(cleanup);
  const state = { action, nonce, mainStep, cleanup: isDone ? undefined : cleanup, rotation } as const;
  return isNothingLeft(state) ? undefined : state;
}

function parsePart<T>(value: unknown, parse: (value: Record<string, unknown>) => T | undefined) {
  if (value === undefined) return undefined;
  return (isObject(value) ? parse(value) : undefined) ?? 'invalid';
}

function parseProcess({ pid, startTime }: Record<string, unknown>): ProcessIdentity | undefined {
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 1) return undefined;
  return typeof startTime === 'string' && /^\d{1,20}$/.test(startTime) ? { pid, startTime } : undefined;
}

/** Checks every part as strictly as an input. */
function parseCleanup(value: Record<string, unknown>, nonce: string): CleanupState | undefined {
  const { apiUrl, actionPath, username, note, orphans } = value;
  const authorizingToken = parseCreator(value['authorizingToken']);
  const token = parsePart(value['token'], parseTokenState);
  if (typeof apiUrl !== 'string' || parseApiUrl(apiUrl, new InputProblems()) === undefined) return undefined;
  if (typeof actionPath !== 'string' || authorizingToken === undefined || token === 'invalid')
    return undefined;
  if (typeof username !== 'string' || !isAccountName(username)) return undefined;
  if (typeof note !== 'string' || Buffer.byteLength(note) > MAX_NOTE_BYTES || extractTokens(note).length > 0)
    return undefined;
  if (value['nonce'] !== nonce) return undefined;
  if (typeof orphans !== 'number' || !Number.isSafeInteger(orphans) || orphans < 0) return undefined;
  return { apiUrl, actionPath, authorizingToken, username, note, nonce, token, orphans };
}

function parseCreator(value: unknown): CleanupState['authorizingToken'] | undefined {
  if (!isObject(value)) return undefined;
  const { id, username } = value;
  if (typeof username !== 'string' || !isAccountName(username)) return undefined;
  return { id: typeof id === 'string' && isTokenId(id) ? id : undefined, username };
}

function parseTokenState({ id, keep }: Record<string, unknown>): CleanupState['token'] {
  return typeof id === 'string' && isTokenId(id) && typeof keep === 'boolean' ? { id, keep } : undefined;
}

function parseRotation({
  phase,
  replacement,
  previous,
  undeleted,
}: Record<string, unknown>): RotationPhase | undefined {
  if (typeof replacement !== 'string' || !isTokenId(replacement)) return undefined;
  if (phase === 'put') return { phase, replacement };
  if (phase === 'putting') {
    return typeof previous === 'string' && isTokenId(previous) ? { phase, replacement, previous } : undefined;
  }
  if (phase !== 'deleting' || !isStrings(undeleted) || !undeleted.every(isTokenId)) return undefined;
  return { phase, replacement, undeleted };
}
