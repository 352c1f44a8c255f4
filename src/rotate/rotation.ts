import type { RetryOptions } from '../api/retry.ts';
import type { CleanupState, PostStepState } from '../cleanup/state.ts';
import type { GithubClient } from '../github/client.ts';
import type { Account } from '../mapbox/account.ts';
import type { ListedToken } from '../mapbox/list.ts';
import type { MintedStoredToken } from '../mint/verify.ts';
import type { Context } from '../runtime/context.ts';
import type { WorkflowRun } from '../runtime/workflow-run.ts';
import type { DeletionPolicy, RotationFacts } from './chain.ts';
import type { Deadline } from './deadline.ts';
import type { RotateInputs } from './inputs.ts';
import type { KnownPlace } from './secrets.ts';

/** What every part of a rotation needs. */
export interface Rotation {
  readonly context: Context;
  readonly inputs: RotateInputs;
  readonly policy: DeletionPolicy;
  readonly run: WorkflowRun;
  readonly github: GithubClient;
  /** Accessed with the authorizing token, which creates the replacement. */
  readonly account: Account;
  readonly options: RetryOptions;
  readonly deadline: Deadline;
  /** Aborted when the step must stop. */
  readonly interrupted: AbortSignal;
  readonly state: PostStepState;
  /** The random part of the nonce, which is already in the saved state. */
  readonly randomPart: string;
}

/** What is known before anything is changed. */
export interface Facts extends RotationFacts {
  readonly places: readonly KnownPlace[];
}

/** The token that replaces the current one. */
export interface Replacement {
  readonly token: MintedStoredToken;
  readonly nonce: string;
  /** What the post step needs to delete it. */
  readonly toDelete: CleanupState | undefined;
  /** What the post step needs to search for orphans of lost requests, once the token is in a secret. */
  readonly orphans: CleanupState | undefined;
}

/** The account, accessed with the replacement if that is the next authorizing token. */
export function accountAfter(
  { account, inputs }: { readonly account: Account; readonly inputs: Pick<RotateInputs, 'isSeparate'> },
  { token }: Pick<Replacement, 'token'>,
): Account {
  return inputs.isSeparate ? account : accountWith(account, token);
}

/** The account, accessed with a created token. */
export function accountWith(account: Account, { secret, username, id }: MintedStoredToken): Account {
  const authorizingToken = {
    secret,
    usage: 'sk',
    username,
    id,
    expiresAt: undefined,
    scopes: undefined,
  } as const;
  return { ...account, authorizingToken };
}

export function findToken(tokens: readonly ListedToken[], id: string | undefined): ListedToken | undefined {
  return tokens.find(token => token.id === id);
}

/** The facts without deleted tokens. */
export function withoutTokens<T extends RotationFacts>(facts: T, ids: readonly string[]): T {
  return { ...facts, tokens: facts.tokens.filter(({ id }) => !ids.includes(id)) };
}
