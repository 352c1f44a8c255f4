import type { RetryOptions } from '../api/retry.ts';
import type { Account } from '../mapbox/account.ts';
import { type ApiResult, isNotFound } from '../mapbox/response.ts';
import { hasNonce } from '../note.ts';
import { deleteOrphans, type OrphanSearch, orphanWarning } from './orphans.ts';
import type { CleanupState } from './state.ts';

/** Saves the post step's state, in place of the one before; `undefined` clears it. Throws where it cannot be written. */
export type SaveState = (state: CleanupState | undefined) => void;

/**
 * Keeps count of the tokens that requests may have created without anyone knowing their ids, and saves the post step's
 * state ahead of every request, so that no token is lost whenever the step is interrupted.
 */
export class OrphanTracker {
  readonly #account: Account;
  readonly #saveState: SaveState;
  #state: CleanupState;
  /** How many attempts may have created a token whose id is unknown. */
  #orphans = 0;
  readonly #deleted = new Set<string>();
  /** The account cannot be searched without `tokens:read`. */
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
   * @throws what saving throws: then no request may leave.
   */
  beforeAttempt(): void {
    if (this.#state.orphans !== this.#orphans + 1) this.#save({ orphans: this.#orphans + 1 });
  }

  /** Counts what the attempt may have created. A rejection that Mapbox did not write says nothing about what it did. */
  afterAttempt(result: ApiResult<unknown>): void {
    if (result.kind === 'indeterminate' || (result.kind === 'rejected' && !result.isApiError)) {
      this.#orphans++;
    } else if (result.kind !== 'success') {
      this.#save({ orphans: this.#orphans });
    }
  }

  /** Searches for what earlier attempts created, and deletes it, before the next one. */
  async deleteOrphans(options: RetryOptions): Promise<void> {
    if (!this.#cannotSearch) await this.#search(options);
  }

  /**
   * Saves the id of the created token.
   *
   * @throws what saving throws.
   */
  tokenCreated(id: string): void {
    this.#save({ token: { id, keep: false }, orphans: this.#orphans });
  }

  /** The response does not prove which token it created, so that token can only be found by its nonce. */
  tokenUnconfirmed(): void {
    this.#orphans++;
    this.#trySave({ ...this.#state, token: undefined, orphans: this.#orphans });
  }

  /**
   * Searches for the created token that is not to be used, by its nonce.
   *
   * @returns whether it is deleted.
   */
  async discardOrphan(options: RetryOptions): Promise<boolean> {
    const search = await this.#search(options);
    return search.kind === 'searched' && search.deleted.length > 0 && search.undeleted.length === 0;
  }

  /** Whether a request may have created a token whose id is unknown. */
  get mayHaveOrphans(): boolean {
    return this.#state.orphans > 0;
  }

  /** The step ends without a token: only orphans are left to the post step. */
  noToken(): void {
    this.#trySave(
      this.#orphans === 0 ? undefined : { ...this.#state, token: undefined, orphans: this.#orphans },
    );
  }

  /**
   * The warning about orphans that the post step could not find either, if there may be any.
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
   * What is left to the post step once the created token is in use; `undefined` for nothing.
   *
   * @param keep whether the token is to outlive the job.
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

  /** Where this cannot be written, the post step searches for something that is gone, which does no harm. */
  #trySave(state: CleanupState | undefined): void {
    if (state !== undefined) this.#state = state;
    try {
      this.#saveState(state);
    } catch {}
  }
}
