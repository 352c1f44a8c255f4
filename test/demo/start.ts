/** `npm start`: shows the main job. Without an account, on a stand-in for Mapbox; with one, on Mapbox itself. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startMapbox } from '../mapbox/server.ts';
import { startWorkflow, type WorkflowReport } from '../runner/job.ts';

const here = import.meta.dirname;
const actions = { 'your-org/create-mapbox-token@v1': dirname(dirname(here)) };

/** Runs a workflow of this folder and shows its log as it comes. Ctrl-C cancels it as GitHub's button would. */
async function show(file: string, authorizer: string, env: Record<string, string>): Promise<WorkflowReport> {
  const started = startWorkflow({
    workflow: readFileSync(join(here, file), 'utf8'),
    actions,
    secrets: { MAPBOX_AUTHORIZING_TOKEN: authorizer },
    env: { ...env, DEMO: here },
    onLine: line => console.log(`  ${line}`),
  });
  process.once('SIGINT', started.cancel);
  const report = await started.done;
  process.off('SIGINT', started.cancel);
  console.log(`  The job's result: ${report.result}`);
  return report;
}

/** What a promise comes to, in a line of its own; a broken one fails the demonstration. */
function check(promise: string, kept: boolean): void {
  console.log(`${kept ? '✓' : '✗'} ${promise}`);
  if (!kept) process.exitCode = 1;
}

async function onStandIn(): Promise<void> {
  console.log(
    'A stand-in for Mapbox on this machine, no account, nothing leaves it. With MAPBOX_AUTHORIZING_TOKEN set, the real Mapbox.\n',
  );
  await using mapbox = await startMapbox();
  const authorizer = mapbox.account.issue({
    note: 'The authorizing token',
    scopes: ['tokens:write', 'tokens:read', 'tilesets:write', 'tilesets:read', 'tilesets:list'],
  });
  const before = mapbox.account.tokens().length;
  const report = await show('release.yml', authorizer.token, { MAPBOX_API: mapbox.url });
  const minted = mapbox.account.everIssued().find(({ note }) => note?.includes('[until job ends: '));
  const requests = mapbox.requests.filter(({ path }) => path.startsWith('/tokens/'));

  console.log('');
  check('the job succeeded', report.result === 'success');
  check(
    `minted with ${requests.filter(({ method }) => method === 'POST').length} request`,
    minted !== undefined,
  );
  check(
    'no token is to be read in the log, neither plain nor as base64',
    minted !== undefined &&
      [minted.token, authorizer.token].every(
        token =>
          !report.log.includes(token) &&
          !report.log.includes(Buffer.from(token).toString('base64').slice(0, -4)),
      ),
  );
  const verdict = minted === undefined ? 'unknown' : mapbox.account.examine(minted.token).code;
  check(`the token is dead: Mapbox says ${verdict}`, verdict === 'TokenRevoked');
  check('the account is as it was', mapbox.account.tokens().length === before);
}

async function onMapbox(authorizer: string): Promise<void> {
  console.log(
    'The real Mapbox, with your MAPBOX_AUTHORIZING_TOKEN. One temporary token is made, with styles:read, and expires in a minute.\n',
  );
  const report = await show('one-minute.yml', authorizer, {});
  console.log('');
  check('the job succeeded, and Mapbox calls the token valid', report.result === 'success');
}

const authorizer = process.env['MAPBOX_AUTHORIZING_TOKEN']?.trim() ?? '';
await (authorizer === '' ? onStandIn() : onMapbox(authorizer));
