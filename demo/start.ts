/**
 * `npm start` shows the actions at work: against a stand-in for Mapbox or, given an authorizing token, against Mapbox
 * itself.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type GithubStandIn, startGithub } from '../test/support/github/server.ts';
import { type MapboxStandIn, startMapbox } from '../test/support/mapbox/server.ts';
import { startWorkflow, type WorkflowOptions, type WorkflowReport } from '../test/support/runner/workflow.ts';

const here = import.meta.dirname;
const root = dirname(here);
const actions = {
  'your-org/create-mapbox-token@v1': root,
  'your-org/create-mapbox-token/sweep@v1': join(root, 'sweep'),
  'your-org/create-mapbox-token/rotate@v1': join(root, 'rotate'),
};

const DAY = 86_400_000;

interface Showing extends Pick<WorkflowOptions, 'github'> {
  readonly file: string;
  readonly authorizingToken: string;
  readonly env?: Record<string, string>;
  /** The runner dies when the log shows this line. */
  readonly diesAt?: string;
}

/** Runs a workflow of this folder and prints its log as it arrives. Ctrl-C cancels it, like the button on GitHub. */
async function show({ file, authorizingToken, env, github, diesAt }: Showing): Promise<WorkflowReport> {
  const started = startWorkflow({
    workflow: readFileSync(join(here, file), 'utf8'),
    actions,
    secrets: { MAPBOX_AUTHORIZING_TOKEN: authorizingToken },
    env: { ...env, DEMO: here },
    ...(github === undefined ? {} : { github }),
    onLine: line => {
      console.log(`  ${line}`);
      if (line.trim() === diesAt) started.kill();
    },
  });
  process.on('SIGINT', started.cancel);
  const report = await started.done;
  process.off('SIGINT', started.cancel);
  console.log(`  The job's result: ${diesAt === undefined ? report.result : 'none: the runner died'}\n`);
  return report;
}

/** Prints whether a promise was kept. A broken promise fails the demonstration. */
function check(promise: string, kept: boolean): void {
  console.log(`${kept ? '✓' : '✗'} ${promise}`);
  if (!kept) process.exitCode = 1;
}

async function onStandIn(): Promise<void> {
  console.log(
    'A stand-in for Mapbox on this machine: no account is needed, and nothing is sent elsewhere. Set MAPBOX_AUTHORIZING_TOKEN to use the real Mapbox.\n',
  );
  // A week ago. Both services' clocks are moved to the present before the rotation.
  const clock = { offset: -7 * DAY };
  const now = () => Date.now() + clock.offset;
  await using mapbox = await startMapbox({ now });
  const authorizingToken = mapbox.account.issue({
    note: 'The authorizing token',
    scopes: ['tokens:write', 'tokens:read', 'tilesets:write', 'tilesets:read'],
  });
  const before = mapbox.account.tokens().length;
  const env = { MAPBOX_API: mapbox.url };
  const report = await show({ file: 'release.yml', authorizingToken: authorizingToken.token, env });
  const [minted] = mapbox.account.everIssued().filter(({ note }) => note?.includes('[until job ends: '));
  const posts = mapbox.requests.filter(({ method, path }) => method === 'POST' && path === '/tokens/v2/octo');

  check('the job succeeded', report.result === 'success');
  check('the token took one request', posts.length === 1 && minted !== undefined);
  check(
    'no token is in the log, plain or in base64',
    [minted?.token ?? '', authorizingToken.token].every(
      token =>
        !report.log.includes(token) &&
        !report.log.includes(Buffer.from(token).toString('base64').slice(0, -4)),
    ),
  );
  const verdict = mapbox.account.examine(minted?.token ?? '').code;
  check(`the token is revoked: Mapbox says ${verdict}`, verdict === 'TokenRevoked');
  check('the account is unchanged', mapbox.account.tokens().length === before);

  console.log('\nAnother run, whose runner dies while the token is in use. No post step runs.\n');
  const github = { run_id: '4712', api_url: '', token: 'github-token-of-the-demonstration' };
  await using runs = await startGithub({ token: github.token, now });
  await show({
    file: 'machine-dies.yml',
    authorizingToken: authorizingToken.token,
    env,
    github,
    diesAt: 'Uploading 2 GB',
  });
  check('its token is still alive', mapbox.account.tokens().length === before + 1);

  console.log('\nAt night the sweep asks GitHub which runs are over, and deletes their tokens.\n');
  runs.attempts.set('4712/1', 'completed');
  const night = { ...github, run_id: '4713', api_url: runs.url };
  const sweep = await show({
    file: 'sweep.yml',
    authorizingToken: authorizingToken.token,
    env,
    github: night,
  });
  check('the sweep succeeded', sweep.result === 'success');
  check('the account is unchanged', mapbox.account.tokens().length === before);
  await rotate(mapbox, runs, authorizingToken.token, clock);
}

/** Rotates the authorizing token in its secret, then mints with the new one. */
async function rotate(
  mapbox: MapboxStandIn,
  github: GithubStandIn,
  old: string,
  clock: { offset: number },
): Promise<void> {
  console.log('\nOnce a week a rotation replaces the authorizing token in its secret.\n');
  const token = 'github-token-of-the-app';
  github.addCredential(token, { permissions: { secrets: 'write' } });
  const secret = 'repos/octo-org/maps/actions/secrets/MAPBOX_AUTHORIZING_TOKEN';
  github.secrets.set(secret, old);
  clock.offset = 0;
  const env = { MAPBOX_API: mapbox.url };
  const facts = { run_id: '4714', api_url: github.url, token };
  const rotation = await show({ file: 'rotate.yml', authorizingToken: old, env, github: facts });
  const current = github.secrets.get(secret)?.value ?? '';
  check('the rotation succeeded', rotation.result === 'success');
  check('the secret has a new token, which works', current !== old && mapbox.account.isAlive(current));
  check(
    'neither is in the log',
    [old, current].every(text => !rotation.log.includes(text)),
  );

  console.log('\nThe next run uses the new token in the secret.\n');
  const next = await show({ file: 'after-rotation.yml', authorizingToken: current, env });
  check('the next job succeeded', next.result === 'success');
}

async function onMapbox(authorizingToken: string): Promise<void> {
  const api = process.env['MAPBOX_API'] ?? '';
  console.log(
    `${api === '' ? 'The real Mapbox' : `Mapbox at ${api}`}, with your MAPBOX_AUTHORIZING_TOKEN. One temporary token with styles:read is created. It expires in a minute.\n`,
  );
  const report = await show({ file: 'one-minute.yml', authorizingToken, env: { MAPBOX_API: api } });
  check('the job succeeded, and Mapbox says that the token is valid', report.result === 'success');
}

const authorizingToken = process.env['MAPBOX_AUTHORIZING_TOKEN']?.trim() ?? '';
await (authorizingToken === '' ? onStandIn() : onMapbox(authorizingToken));
