import { type ApiClient, NotAsked } from '../api-client.ts';

/** A probe's finding, in the words of the assumption; `detail` is shown beside it and not compared. */
export type Found = string | { readonly found: string; readonly detail: string };

/** Runs one probe. */
export type Probe = (client: ApiClient) => Promise<Found>;

/** A scope that every account has, for tokens that give access to public styles only. */
export const MODEST = ['styles:read'];
/** The path of the account's tokens. */
export const TOKENS = '/tokens/v2/{username}';

/** A probe that the program does not run. */
export function notAsked(why: string): Probe {
  return async () => {
    throw new NotAsked(why);
  };
}

/** The fields documented for a stored token. */
const documented = [
  ...['id', 'usage', 'client', 'default', 'scopes', 'note', 'created', 'modified', 'allowedUrls', 'token'],
];

/** The undocumented fields of a token, and their number. */
export function describeExtraFields(token: Readonly<Record<string, unknown>>): Found {
  const extra = Object.keys(token).filter(name => !documented.includes(name));
  return { found: `${extra.length} beyond the ten documented`, detail: extra.join(', ') };
}
