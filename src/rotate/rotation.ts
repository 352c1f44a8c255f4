import type { RetryOptions } from '../api/retry.ts';
import type { GithubClient } from '../github/client.ts';
import type { Account } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import type { MintedStoredToken } from '../mint/verify.ts';
import type { Context } from '../runtime/context.ts';
import type { WorkflowRun } from '../runtime/workflow-run.ts';
import type { OrphanReason, RotationFacts } from './chain.ts';
import type { RotateInputs } from './inputs.ts';
import type { KnownPlace } from './lookup.ts';
import type { RotationState } from './state.ts';

/** What the parts of a rotation work with. */
export interface Rotation {
  readonly context: Context;
  readonly inputs: RotateInputs;
  readonly run: WorkflowRun;
  readonly github: GithubClient;
  /** With the authorizing token, which creates the replacement. */
  readonly account: Account;
  readonly options: RetryOptions;
  /** Aborted when the step is to stop. */
  readonly interrupted: AbortSignal;
  /** Saves the post step's state; `undefined` clears it. */
  readonly saveState: (state: RotationState | undefined) => void;
}

/** What was found before anything was done. */
export interface Facts extends RotationFacts {
  readonly places: readonly KnownPlace[];
  /** What GitHub said of orphans before it was asked about the secrets. */
  readonly reasonToKeepOrphan: OrphanReason;
  /** Milliseconds since 1970, by Mapbox's clock where it told. */
  readonly now: number;
}

/** The token that replaces the current one. */
export interface Replacement {
  readonly token: MintedStoredToken;
  /** What the post step needs to delete it. */
  readonly toDelete: RotationState | undefined;
  /** What the post step needs to search for orphans of lost requests, once the token is in the secrets. */
  readonly orphans: RotationState | undefined;
  readonly nonce: string;
}

/** What deleting tokens needs of a rotation. */
export interface DeletionPowers extends Pick<Rotation, 'account' | 'options'> {
  readonly inputs: Pick<RotateInputs, 'isSeparate'>;
}

/** The account, seen with the powers of the replacement where it is the next authorizing token. */
export function deletingAccount(
  { account, inputs }: Pick<DeletionPowers, 'account' | 'inputs'>,
  { token }: Pick<Replacement, 'token'>,
): Account {
  return inputs.isSeparate ? account : accountWith(account, token);
}

/** The account, seen with the powers of a created token. */
export function accountWith(account: Account, { secret, username, id }: MintedStoredToken): Account {
  const powers = { secret, usage: 'sk', username, id, expiresAt: undefined, scopes: undefined } as const;
  return { ...account, authorizingToken: powers };
}

export function findToken(tokens: readonly ListedToken[], id: string | undefined): ListedToken | undefined {
  return tokens.find(token => token.id === id);
}
