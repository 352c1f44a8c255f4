/**
 * `npm run conformance`: probes what Mapbox's documentation leaves open. With MAPBOX_AUTHORIZING_TOKEN it probes the
 * real Mapbox, else the stand-in, whose behavior is assumed. Every created token is marked as a test token and deleted
 * in the end, even after Ctrl-C. `--with-rate-limit` also probes the rate limit, by reaching it.
 */
import { fillAccount } from '../support/mapbox/heavy-list.ts';
import { startMapbox } from '../support/mapbox/server.ts';
import { ApiClient, NotAsked, Unsafe } from './api-client.ts';
import { conform, HEAD, PROBED_SCOPES, rowOf } from './conformance.ts';

// A reader that goes away (`| head`, a closed terminal) must not prevent the deletion of test tokens.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const interruption = new AbortController();
const interrupted = interruption.signal;
const log = (line: string) => console.error(line);
let stoppedAt: number | undefined;
const stop = () => {
  // npm forwards a Ctrl-C that has already reached this process: the second one is not the user's.
  if (stoppedAt !== undefined && performance.now() - stoppedAt > 1000) process.exit(130);
  if (stoppedAt !== undefined) return;
  stoppedAt = performance.now();
  log('Stopped. The test tokens are being deleted; stop once more to leave at once.');
  process.exitCode = 130;
  interruption.abort();
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

const given = process.env['MAPBOX_AUTHORIZING_TOKEN']?.trim() ?? '';
// A limit that the other probes do not reach, as they might at Mapbox.
const rateLimit = { requests: 1000, intervalSeconds: 60 };
await using standIn = given === '' ? await startMapbox({ rateLimit }) : undefined;
if (standIn !== undefined) fillAccount(standIn.account, { tokens: 120, urls: 0 });

try {
  const url = standIn?.url ?? apiUrl(process.env['MAPBOX_API'] ?? '');
  const authorizingToken = standIn?.account.issue({ scopes: PROBED_SCOPES }).token ?? given;
  log(
    standIn === undefined
      ? `Mapbox at ${url} is asked, with your MAPBOX_AUTHORIZING_TOKEN. Test tokens are created and deleted.`
      : 'The stand-in is asked: it does what is assumed. With MAPBOX_AUTHORIZING_TOKEN set, the real Mapbox.',
  );
  const client = new ApiClient({ url, authorizingToken, interrupted, log });
  log(`The notes of all test tokens begin with "${client.notePrefix}".\n`);
  console.log(HEAD);
  try {
    await report(client);
  } finally {
    await cleanUp(client);
  }
} catch (error) {
  // Prints fixed texts only: a failed request may contain its URL, and with it a token.
  const known = error instanceof NotAsked || error instanceof Unsafe;
  log(known ? error.message : 'It failed; look on the Tokens page for test tokens.');
  process.exitCode ||= 1;
}

async function report(client: ApiClient): Promise<void> {
  const findings = await conform(client, {
    interrupted,
    withRateLimit: process.argv.includes('--with-rate-limit'),
    onFinding: finding => console.log(rowOf(finding)),
  });
  const count = (verdict: string) => findings.filter(finding => finding.verdict === verdict).length;
  const reported = count('as reported') === 0 ? '' : `${count('as reported')} as reported, `;
  log(
    `\n${count('as assumed')} as assumed, ${reported}${count('differs')} differ, ${count('not asked')} not asked.`,
  );
  if (count('differs') > 0) {
    log('Please open an issue with this table: the differences make the action better.');
    process.exitCode ||= 1;
  }
}

async function cleanUp(client: ApiClient): Promise<void> {
  const { alive, doubtful, unaccounted } = await client.cleanUp();
  if (alive.length > 0) log(`Still alive, please delete on the Tokens page: ${alive.join(', ')}`);
  if (doubtful.length > 0) {
    log(`Created meanwhile, with a note that is not a test token's; please look: ${doubtful.join(', ')}`);
  }
  if (unaccounted > 0) {
    log(
      `${unaccounted} creations got no response, and no token of theirs was found. Please look again later.`,
    );
  }
  if (alive.length + doubtful.length + unaccounted > 0) process.exitCode ||= 1;
  else log('Every test token is deleted.');
}

/** Mapbox's URL: only HTTPS may carry a token, except to loopback. */
function apiUrl(text: string): string {
  const url = URL.parse(text === '' ? 'https://api.mapbox.com' : text);
  const isLoopback = url !== null && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback))) {
    return url.origin;
  }
  throw new NotAsked('MAPBOX_API is not an address that a token may be sent to.');
}
