import type { Account } from '../mapbox/account.ts';
import { type ApiResult, isNotFound } from '../mapbox/result.ts';
import type { RetryOptions } from '../mapbox/retry.ts';
import { deleteOrphans, orphanWarning } from './orphans.ts';
import type { CleanupState } from './state.ts';

/** Saves the post step's state, in place of the one before; `undefined` clears it. Throws where it cannot be written. */
export type SaveState = (state: CleanupState | undefined) => void;

/**
 * Keeps count of the tokens that requests may have created without anyone knowing their ids, and the post step's
 * state ahead of every request, so that nothing is lost sight of whenever the step is interrupted.
 */
export class OrphanTracker {
  readonly #account: Account;
  readonly #saveState: SaveState;
  #state: CleanupState;
  /** How many attempts may have created a token that nobody holds. */
  #orphans = 0;
  /** A stale list shows a deleted token again: the same id never makes up for two orphans. */
  readonly #deleted = new Set<string>();
  /** The account cannot be searched without `tokens:read`. */
  #cannotSearch = false;

  constructor(
    account: Account,
    { note, marker }: Pick<CleanupState, 'note' | 'marker'>,
    saveState: SaveState,
  ) {
    this.#account = account;
    this.#saveState = saveState;
    this.#state = { username: account.username, note, marker, id: undefined, orphans: 0 };
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
    if (result.kind === 'indeterminate' || (result.kind === 'rejected' && !result.isMapboxError)) {
      this.#orphans++;
    } else if (result.kind !== 'success') {
      this.#save({ orphans: this.#orphans });
    }
  }

  /** Searches for what earlier attempts created, and deletes it, before the next one. */
  async deleteOrphans(options: RetryOptions): Promise<void> {
    const { marker } = this.#state;
    if (marker === undefined || this.#cannotSearch) return;
    const search = await deleteOrphans(this.#account, marker, options);
    if (search.kind !== 'searched') {
      this.#cannotSearch = isNotFound(search);
      return;
    }
    const added = search.deleted.filter(id => !this.#deleted.has(id));
    for (const id of added) this.#deleted.add(id);
    this.#orphans = Math.max(0, this.#orphans - added.length);
  }

  /**
   * Saves the id of the created token; one without an id counts as an orphan.
   *
   * @throws what saving throws.
   */
  tokenCreated(id: string | undefined): void {
    this.#save({ id, orphans: id === undefined ? this.#orphans + 1 : this.#orphans });
  }

  /** The created token's id cannot be trusted, so the token can only be found as an orphan. */
  tokenUnconfirmed(): void {
    this.#trySave({ ...this.#state, id: undefined, orphans: this.#orphans + 1 });
  }

  /** The step ends without a token: only orphans are left to the post step. */
  noToken(): void {
    this.#trySave(this.#orphans === 0 ? undefined : { ...this.#state, id: undefined });
  }

  /**
   * What a person has to know of orphans that cannot be told from other tokens, if there are any. They are nothing the
   * post step could do more about.
   *
   * @param markerStored whether the created token carries the marker.
   */
  async warning(markerStored: boolean, options: RetryOptions): Promise<string | undefined> {
    if (this.#orphans === 0) return undefined;
    if (!this.#cannotSearch && markerStored && this.#state.marker !== undefined) return undefined;
    const state = this.#cannotSearch ? this.#state : { ...this.#state, marker: undefined };
    const warning = await orphanWarning(this.#account, state, options);
    this.#save({ orphans: 0 });
    return warning;
  }

  /** What the post step would be told now. */
  get state(): CleanupState {
    return this.#state;
  }

  #save(change: Partial<CleanupState>): void {
    this.#state = { ...this.#state, ...change };
    this.#saveState(this.#state);
  }

  /** Where this cannot be written, the post step looks for something that is gone, which does no harm. */
  #trySave(state: CleanupState | undefined): void {
    if (state !== undefined) this.#state = state;
    try {
      this.#saveState(state);
    } catch {}
  }
}
