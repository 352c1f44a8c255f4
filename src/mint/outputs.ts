import { formatDuration } from '../duration.ts';
import type { MainInputs } from '../inputs/main-inputs.ts';
import type { Secret } from '../secret.ts';
import type { MintedToken } from './verify.ts';

export const outputNames = [
  'token',
  'token-id',
  'usage',
  'scopes',
  'username',
  'note',
  'expires-at',
] as const;

type OutputName = (typeof outputNames)[number];

/** The step's outputs. The token itself stays wrapped until the runner's file is written. */
export function toOutputs(minted: MintedToken): Record<OutputName, string | Secret> {
  const temporary = minted.usage === 'tk';
  return {
    token: minted.secret,
    'token-id': temporary ? '' : minted.id,
    usage: minted.usage,
    scopes: minted.scopes.join(' '),
    username: minted.username,
    note: temporary ? '' : minted.note,
    'expires-at': temporary ? minted.expiresAt.toISOString() : '',
  };
}

/** What each usage is called. */
export const KINDS = { pk: 'public', sk: 'secret', tk: 'temporary' } as const;

/**
 * One line for the log.
 *
 * @param run the address of the run's page, to which a stored token's note leads; `undefined` for a temporary token.
 */
export function logLine(minted: MintedToken, { request }: MainInputs, run: string | undefined): string {
  const scopes = minted.scopes.join(', ');
  const what = `Created a ${KINDS[minted.usage]} token for ${minted.username} with ${scopes}`;
  return minted.usage === 'tk'
    ? `${what}. It ${describeEnd(minted, request)} (in ${formatDuration(minted.lifetimeMs)}).`
    : `${what} (ID ${minted.id}). It ${describeEnd(minted, request)}.${run === undefined ? '' : ` Run: ${run}`}`;
}

/** How a token ends, as the end of a sentence about it. */
export function describeEnd(minted: MintedToken, request: MainInputs['request']): string {
  if (minted.usage === 'tk') return `expires at ${minted.expiresAt.toISOString()}`;
  return request.kind === 'stored' && request.untilJobEnds
    ? 'is deleted when the job ends'
    : 'stays until someone deletes it';
}
