import type { RetryOptions } from '../api/retry.ts';
import type { Account } from '../mapbox/account.ts';
import { type ApiResult, isNotFound } from '../mapbox/response.ts';
import { hasNonce } from '../note.ts';
import { deleteOrphans, type OrphanSearch, orphanWarning } from './orphans.ts';
import type { CleanupState } from './state.ts';

/** Replaces the post step's saved state; `undefined` clears it. Throws if it cannot be written. */
export type SaveState = (state: CleanupState | undefined) => void;

/**
 * Counts the requests that may have created a token whose id is unknown, and saves the post step's state before every
 * request, so that no token is lost, no matter when the step is interrupted.
 */
export class OrphanTracker {
  readonly #account: Account;
  readonly #saveState: SaveState;
  #state: CleanupState;
  /** How many attempts may have created a token whose id is unknown. */
  #orphans = 0;
  readonly #deleted = new Set<string>();
  /** Whether the authorizing token lacks `tokens:read`, so that the account cannot be searched. */
  #cannotSearch = false;

  constructor(
    account: Account,
    { note, nonce, actionPath }: Pick<CleanupState, 'note' | 'nonce' | 'actionPath'>,
    saveState: SaveState,
  ) {
    const { username, authorizingToken } = account;
    this.#account = account;
    this.#saveState = saveState;
    this.#state = {
      apiUrl: account.api.href,
      actionPath,
      authorizingToken: { id: authorizingToken.id, username: authorizingToken.username },
      username,
      note,
      nonce,
      token: undefined,
      orphans: 0,
    };
  }

  /**
   * Saves that one more token may be created.
   *
   * @throws if saving fails: then the request must not be sent.
   */
  beforeAttempt(): void {
    this.#save({ orphans: this.#orphans + 1 });
  }

  /**
   * Counts what the attempt may have created. A rejection that did not come from Mapbox does not show what Mapbox did.
   */
  afterAttempt(result: ApiResult<unknown>): void {
    if (result.kind === 'indeterminate' || (result.kind === 'rejected' && !result.isApiError)) {
      this.#orphans++;
    } else if (result.kind !== 'success') {
      this.#save({ orphans: this.#orphans });
    }
  }

  /** Searches for tokens that earlier attempts created and deletes them, before the next attempt. */
  async deleteOrphans(options: RetryOptions): Promise<void> {
    if (!this.#cannotSearch) await this.#search(options);
  }

  /**
   * Saves the id of the created token.
   *
   * @throws if saving fails.
   */
  tokenCreated(id: string): void {
    this.#save({ token: { id, keep: false }, orphans: this.#orphans });
  }

  /** For a response that does not prove which token was created: it can only be found by its nonce. */
  tokenUnconfirmed(): void {
    this.#orphans++;
    this.#trySave({ ...this.#state, token: undefined, orphans: this.#orphans });
  }

  /**
   * Searches by nonce for a created token that must not be used, and deletes it.
   *
   * @returns whether it was deleted.
   */
  async discardOrphan(options: RetryOptions): Promise<boolean> {
    const search = await this.#search(options);
    return search.kind === 'searched' && search.deleted.length > 0 && search.undeleted.length === 0;
  }

  /** Whether a request may have created a token whose id is unknown. */
  get mayHaveOrphans(): boolean {
    return this.#state.orphans > 0;
  }

  /** For a step that ends without a token: only orphans are left to the post step. */
  noToken(): void {
    this.#trySave(
      this.#orphans === 0 ? undefined : { ...this.#state, token: undefined, orphans: this.#orphans },
    );
  }

  /**
   * The warning about orphans that the post step cannot find either; `undefined` if there are none.
   *
   * @param storedNote the created token's note, as Mapbox stored it.
   */
  async warning(storedNote: string, options: RetryOptions): Promise<string | undefined> {
    const canFind = !this.#cannotSearch && hasNonce(storedNote, this.#state.nonce);
    if (this.#orphans === 0 || canFind) return undefined;
    const note = this.#cannotSearch ? undefined : storedNote;
    const warning = await orphanWarning(this.#account, this.#state, note, options);
    this.#orphans = 0;
    this.#save({ orphans: 0 });
    return warning;
  }

  /**
   * The state for the post step once the created token is in use; `undefined` if nothing is left to do.
   *
   * @param keep whether the token outlives the job.
   */
  stateInUse(keep: boolean): CleanupState | undefined {
    const { token } = this.#state;
    if (!keep || token === undefined) return this.#state;
    return this.#orphans === 0 ? undefined : { ...this.#state, token: { ...token, keep } };
  }

  async #search(options: RetryOptions): Promise<OrphanSearch> {
    const { nonce } = this.#state;
    const createdBy = this.#account.authorizingToken.id;
    const search = await deleteOrphans(
      this.#account,
      { nonce, keep: undefined, deleted: this.#deleted, createdBy },
      options,
    );
    if (search.kind !== 'searched') {
      this.#cannotSearch = isNotFound(search);
      return search;
    }
    for (const id of search.deleted) this.#deleted.add(id);
    this.#orphans = Math.max(0, this.#orphans - search.deleted.length);
    return search;
  }

  #save(change: Partial<CleanupState>): void {
    this.#state = { ...this.#state, ...change };
    this.#saveState(this.#state);
  }

  /** If this cannot be written, the post step searches for tokens that are gone, which is harmless. */
  #trySave(state: CleanupState | undefined): void {
    try {
      this.#saveState(state);
    } catch {}
  }
}
