/** Accounts whose token list is large. */

import type { Account, StoredToken } from './account.ts';

export interface HeavyList {
  readonly tokens: number;
  /** Allowed URLs of each token. */
  readonly urls: number;
  /** Characters of each URL; 70 by default, so that 100 tokens with 40 URLs each exceed 256 KiB. */
  readonly urlLength?: number;
}

/** Adds tokens with many allowed URLs to an account. 100 with 100 URLs of 500 characters each exceed 4 MiB. */
export function fillAccount(account: Account, { tokens, urls, urlLength = 70 }: HeavyList): StoredToken[] {
  return Array.from({ length: tokens }, (_, token) =>
    account.issue({
      scopes: ['styles:read'],
      note: `Map ${token}`,
      allowedUrls: Array.from({ length: urls }, (_, url) =>
        `https://maps.example.com/${token}/${url}/`.padEnd(urlLength, 'x'),
      ),
    }),
  );
}
