import { formatDuration } from '../duration.ts';
import type { MainInputs } from '../inputs/main-inputs.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
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

/** The step's outputs. The token stays a `Secret` until it is written to the runner's file. */
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

const KINDS = { pk: 'public', sk: 'secret', tk: 'temporary' } as const;

/** One line for the log. */
export function logLine(minted: MintedToken, { request }: MainInputs): string {
  const scopes = minted.scopes.join(', ');
  const what = `Created a ${KINDS[minted.usage]} token for ${minted.username} with ${scopes}`;
  return minted.usage === 'tk'
    ? `${what}. It ${describeEnd(minted, request)} (in ${formatDuration(minted.lifetimeMs)}).`
    : `${what} (ID ${minted.id}). It ${describeEnd(minted, request)}.`;
}

/** Describes when a token stops working, as the end of a sentence. */
function describeEnd(minted: MintedToken, request: MainInputs['request']): string {
  if (minted.usage === 'tk') return `expires at ${minted.expiresAt.toISOString()}`;
  return request.kind === 'stored' && request.untilJobEnds
    ? 'is deleted when the job ends'
    : 'stays until someone deletes it';
}

/**
 * The rows of the summary page: a token's properties, without its text.
 *
 * @param run the address of the run's page; `undefined` for a temporary token.
 */
export function summaryRows(
  minted: MintedToken,
  { request, exportEnv }: MainInputs,
  run: string | undefined,
): [string, string | URL][] {
  const end = describeEnd(minted, request).replace(/^is /, '');
  const rows: [string, string | URL][] = [
    ['Account', minted.username],
    ['Usage', `${minted.usage} (${KINDS[minted.usage]})`],
    ['Scopes', minted.scopes.join(' ')],
  ];
  if (minted.usage !== 'tk') rows.push(['ID', minted.id], ['Note', minted.note]);
  if (request.kind === 'stored' && request.allowedUrls.length > 0) {
    rows.push(['Allowed URLs', request.allowedUrls.join(' ')]);
  }
  if (exportEnv.length > 0) rows.push(['Variables', exportEnv.join(' ')]);
  rows.push(['Lifetime', end.charAt(0).toUpperCase() + end.slice(1)]);
  if (run !== undefined) rows.push(['Run', new URL(run)], ['Tokens page', new URL(TOKENS_PAGE)]);
  return rows;
}
