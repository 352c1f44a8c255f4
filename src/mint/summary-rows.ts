import type { MainInputs } from '../inputs/main-inputs.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import { describeEnd, KINDS } from './outputs.ts';
import type { MintedToken } from './verify.ts';

/**
 * What the summary page shows of a token: everything but the token.
 *
 * @param run the address of the run's page; `undefined` for a temporary token.
 */
export function summaryRows(
  minted: MintedToken,
  { request, exportEnv }: MainInputs,
  run: string | undefined,
): [string, string | URL][] {
  return [
    ['Account', minted.username],
    ['Usage', `${minted.usage} (${KINDS[minted.usage]})`],
    ['Scopes', minted.scopes.join(' ')],
    ...(minted.usage === 'tk'
      ? []
      : ([
          ['ID', minted.id],
          ['Note', minted.note],
        ] satisfies [string, string][])),
    ...(request.kind === 'stored' && request.allowedUrls.length > 0
      ? ([['Allowed URLs', request.allowedUrls.join(' ')]] satisfies [string, string][])
      : []),
    ...(exportEnv.length > 0 ? ([['Variables', exportEnv.join(' ')]] satisfies [string, string][]) : []),
    ['Lifetime', capitalized(describeEnd(minted, request).replace(/^is /, ''))],
    ...(run === undefined
      ? []
      : ([
          ['Run', new URL(run)],
          ['Tokens page', new URL(TOKENS_PAGE)],
        ] satisfies [string, string | URL][])),
  ];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
