import { isObject, isTokenId, parseJson } from '../mapbox/token.ts';

/**
 * What the main step saves for the post step: where the tokens are that it has to delete or to search for. Never a
 * token's text. The runner evaluates a post step's inputs anew, so what has to be the same in both steps is here, too.
 */
export interface CleanupState {
  /** The Mapbox endpoint that the authorizing token was sent to: the post step sends it nowhere else. */
  readonly apiUrl: string;
  /** `GITHUB_ACTION_PATH`, which tells a nested local composite action's post step from any other. */
  readonly actionPath: string;
  /** Whose token created the tokens; the id is no secret. */
  readonly authorizingToken: { readonly id: string | undefined; readonly username: string };
  readonly username: string;
  /** The whole note, as a person would search for it. */
  readonly note: string;
  /** All tokens of this step carry it in their notes, and no others. */
  readonly nonce: string;
  /** The token that was created, where its id is known. One to keep is in use beyond the job. */
  readonly token: { readonly id: string; readonly keep: boolean } | undefined;
  /** How many requests may have created a token that nobody holds: their responses were lost, or are still to come. */
  readonly orphans: number;
}

/** The state as the runner keeps it. */
export function serializeState(state: CleanupState): string {
  return JSON.stringify(state);
}

/** Parses a saved state; `undefined` where there is none, or nothing to do. */
export function parseState(text: string): CleanupState | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { apiUrl, actionPath, username, note, nonce } = value;
  const authorizingToken = parseCreator(value['authorizingToken']);
  const token = parseTokenState(value['token']);
  const orphans = parseCount(value['orphans']);
  if (typeof apiUrl !== 'string' || !URL.canParse(apiUrl) || typeof actionPath !== 'string') return undefined;
  if (typeof username !== 'string' || typeof note !== 'string' || authorizingToken === undefined)
    return undefined;
  if (typeof nonce !== 'string' || !/^[a-z0-9]{8}$/.test(nonce)) return undefined;
  if ((token === undefined || token.keep) && orphans === 0) return undefined;
  return { apiUrl, actionPath, authorizingToken, username, note, nonce, token, orphans };
}

function parseCreator(value: unknown): CleanupState['authorizingToken'] | undefined {
  if (!isObject(value) || typeof value['username'] !== 'string') return undefined;
  const { id, username } = value;
  return { id: typeof id === 'string' && isTokenId(id) ? id : undefined, username };
}

function parseTokenState(value: unknown): CleanupState['token'] {
  if (!isObject(value)) return undefined;
  const { id, keep } = value;
  return typeof id === 'string' && isTokenId(id) && typeof keep === 'boolean' ? { id, keep } : undefined;
}

function parseCount(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
