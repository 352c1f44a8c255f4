import { errorTitles } from '../action-error.ts';
import { extractTokens } from '../secret.ts';
import type { Lifetime } from './lifetime.ts';
import type { InputProblems } from './problems.ts';
import { quoteInput } from './quote.ts';

/** Mapbox, Tokens API: a token holds at most 100 URLs, a temporary one none. */
const MAX_ALLOWED_URLS = 100;

/** What browsers, proxies and servers agree on for the length of a URL, in characters. */
const MAX_URL_LENGTH = 2048;

/**
 * Parses the `allowed-urls` input: one address a line, each once, as written. Mapbox takes addresses with or without a
 * scheme, with other schemes than `https:`, and with `*` for a port, so only what cannot be an address is refused here.
 */
export function parseAllowedUrls(
  input: string,
  lifetime: Lifetime | undefined,
  problems: InputProblems,
): string[] {
  const lines = input.split(/\r\n|[\r\n]/).map(line => line.trim());
  const urls = [...new Set(lines.filter(line => line !== ''))];
  const invalid = (message: string) => problems.add(errorTitles.invalidInput, message);
  if (urls.length > 0 && lifetime?.kind === 'temporary') {
    invalid(
      '`allowed-urls` cannot be used with a temporary token: Mapbox restricts stored tokens only. Remove it, or use `lifetime: job` or `lifetime: permanent`.',
    );
  }
  if (urls.length > MAX_ALLOWED_URLS) {
    invalid(`\`allowed-urls\` has ${urls.length} URLs; Mapbox accepts at most ${MAX_ALLOWED_URLS}.`);
  }
  for (const url of urls) {
    const problem = describeProblem(url);
    if (problem !== undefined) invalid(`\`allowed-urls\` has ${quoteInput(url, 80)}${problem}`);
  }
  return urls;
}

function describeProblem(url: string): string | undefined {
  // Anyone who can list the account's tokens reads these addresses.
  if (extractTokens(url).length > 0) return '. Write the address only.';
  const example = 'Write one address a line, such as `https://example.com`.';
  if (/\s/.test(url)) return `, which has white space in it. ${example}`;
  // Joiners are part of some domain names.
  if (/(?![\u200c\u200d])\p{C}/u.test(url)) return `, which has an invisible character in it. ${example}`;
  if (url.startsWith('/')) return `, which has no host. ${example}`;
  if (url.length > MAX_URL_LENGTH) {
    return `, which has ${url.length} characters; an address has at most ${MAX_URL_LENGTH}.`;
  }
  return undefined;
}
