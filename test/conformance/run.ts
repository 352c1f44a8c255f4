/**
 * `npm run conformance`: asks what Mapbox's documentation leaves open. With MAPBOX_AUTHORIZING_TOKEN the real Mapbox is
 * asked, else the stand-in, whose answers are assumptions. Every token made is named as a test token and deleted in
 * the end, also on Ctrl-C. `--with-rate-limit` asks about the rate limit too, by reaching it.
 */

import { parseApiUrl } from '../../src/inputs/connection.ts';
import { InputProblems } from '../../src/inputs/problems.ts';
import { startMapbox } from '../support/mapbox/server.ts';
import { conform, HEAD, rowOf } from './conformance.ts';
import { Laboratory, NotAsked } from './laboratory.ts';

const HELD = [
  ...['tokens:write', 'tokens:read', 'scopes:list', 'styles:read'],
  ...['tilesets:list', 'uploads:list', 'downloads:read'],
];

const given = process.env['MAPBOX_AUTHORIZING_TOKEN']?.trim() ?? '';

// A limit that the questions do not reach by the way, as they may at Mapbox.
const rateLimit = { requests: 180, intervalSeconds: 60 };

await using standIn = given === '' ? await startMapbox({ rateLimit }) : undefined;

for (let n = 0; n < 60; n++) standIn?.account.issue({ scopes: ['styles:read'], note: `Map ${n}` });

const url =
  standIn?.url ??
  parseApiUrl(process.env['MAPBOX_API'] ?? '', new InputProblems())?.href ??
  'https://api.mapbox.com';

const authorizer = standIn?.account.issue({ scopes: HELD }).token ?? given;

const interruption = new AbortController();

const interrupted = interruption.signal;

const say = (line: string) => console.error(line);

let stoppedAt: number | undefined;

const stop = () => {
  // npm hands a Ctrl-C on that has reached this process already: the second one is not a person's.
  if (stoppedAt !== undefined && performance.now() - stoppedAt > 1000) process.exit(130);
  if (stoppedAt !== undefined) return;
  stoppedAt = performance.now();
  say('Stopped. What was made is being deleted; stop once more to leave at once.');
  process.exitCode = 130;
  interruption.abort();
};

process.on('SIGINT', stop);

process.on('SIGTERM', stop);

say(
  standIn === undefined
    ? 'The real Mapbox is asked, with your MAPBOX_AUTHORIZING_TOKEN. Test tokens are made and deleted.'
    : 'The stand-in is asked: it does what is assumed. With MAPBOX_AUTHORIZING_TOKEN set, the real Mapbox.',
);

try {
  const lab = new Laboratory({ url, authorizer, interrupted, say });
  say(`The notes of all test tokens begin with "${lab.mark}".\n`);
  console.log(HEAD);
  try {
    const findings = await conform(lab, {
      interrupted,
      withRateLimit: process.argv.includes('--with-rate-limit'),
      tell: finding => console.log(rowOf(finding)),
    });
    const count = (verdict: string) => findings.filter(finding => finding.verdict === verdict).length;
    say(`\n${count('as assumed')} as assumed, ${count('differs')} differ, ${count('not asked')} not asked.`);
    if (count('differs') > 0) {
      say('Please open an issue with this table: the differences make the action better.');
      process.exitCode ||= 1;
    }
  } finally {
    const alive = await lab.clear();
    if (alive.length > 0) {
      say(`Still alive, please delete on the Tokens page: ${alive.join(', ')}`);
      process.exitCode = 1;
    } else say('Every test token is deleted.');
  }
} catch (error) {
  // Nothing but our own words: a failed request may name its URL, and with it a token.
  say(error instanceof NotAsked ? error.message : 'It went wrong; look on the Tokens page for test tokens.');
  process.exitCode ||= 1;
}
