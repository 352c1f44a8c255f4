import { type ApiClient, NotAsked } from '../api-client.ts';

/** What a probe found, in the words of the assumption; `detail` is shown beside it and not compared. */
export type Found = string | { readonly found: string; readonly detail: string };

/** Asks one question. */
export type Probe = (client: ApiClient) => Promise<Found>;

/** A scope that every account can give, and with which a token shows no more than public styles. */
export const MODEST = ['styles:read'];
/** The path of the account's tokens. */
export const TOKENS = '/tokens/v2/{username}';

/** A question that the program does not ask. */
export function notAsked(why: string): Probe {
  return async () => {
    throw new NotAsked(why);
  };
}

/** The fields that Mapbox documents for a stored token. */
const documented = [
  ...['id', 'usage', 'client', 'default', 'scopes', 'note', 'created', 'modified', 'allowedUrls', 'token'],
];

/** How many fields a token has beyond the documented ones, and which. */
export function describeExtraFields(token: Readonly<Record<string, unknown>>): Found {
  const extra = Object.keys(token).filter(name => !documented.includes(name));
  return { found: `${extra.length} beyond the ten documented`, detail: extra.join(', ') };
}
