import { errorTitles } from '../errors/action-error.ts';
import type { Lifetime } from './lifetime.ts';
import type { InputProblems } from './problems.ts';

/** Mapbox, Tokens API: a token holds at most 100 URLs, a temporary one none. */
const MAX_ALLOWED_URLS = 100;

/** Reads the `allowed-urls` input: one address a line, each once. */
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
      '`allowed-urls` does not go with a temporary token: Mapbox restricts stored tokens only. Remove it, or use `lifetime: job` or `lifetime: permanent`.',
    );
  }
  if (urls.length > MAX_ALLOWED_URLS) {
    invalid(`\`allowed-urls\` has ${urls.length} URLs; Mapbox takes ${MAX_ALLOWED_URLS} at most.`);
  }
  for (const url of urls) {
    if (!isWebUrl(url)) {
      invalid(
        `\`allowed-urls\` has \`${url.slice(0, 80)}\`, which is not a URL. Write one a line, such as \`https://example.com\`.`,
      );
    }
  }
  return urls;
}

function isWebUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null && /^https?:$/.test(url.protocol) && /^https?:\/\/[^\s/]/i.test(text) && !/\s/.test(text)
  );
}
