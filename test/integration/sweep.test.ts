import { describe, expect, it } from 'vitest';
import { markerFor, SWEEPING_RUN, type SweepResult, setUpSweep } from '../support/sweep-step.ts';

const said = (swept: SweepResult, kind: string) =>
  swept.log.filter(one => one.kind === kind).map(one => one.text);
const requestsOf = ({ mapbox }: { mapbox: { requests: readonly { method: string; status?: number }[] } }) =>
  mapbox.requests.map(({ method, status }) => `${method} ${status}`);

describe('the sweep', () => {
  it('deletes the tokens of attempts that are over, and keeps those of others', async () => {
    await using setting = await setUpSweep();
    const over = [
      setting.createJobToken('1'),
      setting.createJobToken('1', { usage: 'pk' }),
      setting.createJobToken('2', { attempt: 3 }),
    ];
    const kept = [
      setting.createJobToken('2', { attempt: 4 }),
      setting.createJobToken('3'),
      setting.createJobToken('4'),
    ];
    setting.github.attempts
      .set('1/1', 'completed')
      .set('2/3', 'completed')
      .set('2/4', 'in_progress')
      .set('3/1', 'queued')
      .set('4/1', 'waiting');
    const before = setting.mapbox.account.tokens().length;
    const swept = await setting.sweep();

    expect(swept.conclusion).toBe('success');
    expect(over.filter(setting.exists)).toEqual([]);
    expect(kept.filter(setting.exists)).toEqual(kept);
    expect(setting.mapbox.account.tokens()).toHaveLength(before - over.length);
    expect(swept.outputs).toEqual({ deleted: '3', kept: '3' });
    expect(said(swept, 'info').at(-1)).toBe('Deleted 3 tokens, kept 3.');
  });

  it('tells of each token of this repository its id, note, age and verdict, in the log and in the summary', async () => {
    await using setting = await setUpSweep();
    const now = setting.clock.now();
    const old = setting.createJobToken('1', { created: new Date(now - 50 * 3_600_000) });
    const young = setting.createJobToken('2', { created: new Date(now - 30 * 60_000) });
    const other = setting.createToken('Production key');
    setting.github.attempts.set('1/1', 'completed').set('2/1', 'in_progress');
    const swept = await setting.sweep();

    const lines = said(swept, 'info');
    expect(lines).toContain(`${old.id} "${old.note}", 2 days old: deleted, its run is over`);
    expect(lines).toContain(
      `${young.id} "${young.note}", 30 min old: kept, its run is not over (in_progress)`,
    );
    expect(swept.summary).toEqual([
      ['Sweep of Mapbox tokens'],
      ['Token', 'Note', 'Age', 'Verdict'],
      [young.id, young.note, '30 min old', 'kept, its run is not over (in_progress)'],
      [old.id, old.note, '2 days old', 'deleted, its run is over'],
    ]);
    expect(JSON.stringify([swept.log, swept.summary])).not.toContain(other.id);
  });

  it('asks GitHub once for each attempt, at most five at a time', async () => {
    await using setting = await setUpSweep({ delay: 20 });
    for (let run = 1; run <= 20; run++) {
      setting.github.attempts.set(`${run}/1`, 'in_progress');
      for (let n = 0; n < 3; n++) setting.createJobToken(String(run));
    }
    await setting.sweep();

    const paths = setting.github.requests.map(({ path }) => path);
    expect(paths).toHaveLength(20);
    expect(new Set(paths).size).toBe(20);
    expect(setting.github.busiest).toBe(5);
  });

  it('keeps the default token, its own token and the tokens of its own run without asking anybody', async () => {
    await using setting = await setUpSweep();
    const own = setting.createJobToken(SWEEPING_RUN, { attempt: 7 });
    const byDefault = setting.mapbox.account.tokens().find(token => token.default);
    if (byDefault) setting.mapbox.account.update(byDefault, { note: markerFor('1') });
    setting.mapbox.account.update(setting.authorizingToken, { note: `sweep ${markerFor('1')}` });
    setting.github.attempts.set('1/1', 'completed').set(`${SWEEPING_RUN}/7`, 'completed');
    const swept = await setting.sweep();

    expect(setting.mapbox.account.tokens()).toHaveLength(3);
    expect(setting.exists(own)).toBe(true);
    expect(setting.github.requests).toEqual([]);
    expect(swept.outputs).toEqual({ deleted: '0', kept: '3' });
    for (const reason of ["the account's default token", 'the authorizing token', 'the run that sweeps'])
      expect(said(swept, 'info').join('\n')).toContain(reason);
  });

  it('masks both tokens before it says or asks anything', async () => {
    await using setting = await setUpSweep();
    const swept = await setting.sweep({ timeout: 'never', 'github-token': ` ${setting.githubToken}\n` });

    expect(swept.conclusion).toBe('failure');
    expect(swept.masks).toEqual(
      expect.arrayContaining([setting.authorizingToken.token, setting.githubToken]),
    );
    expect(setting.mapbox.requests).toEqual([]);
  });

  it('waits for the rate limit and goes on where it was', async () => {
    await using setting = await setUpSweep({ rateLimit: { requests: 10, intervalSeconds: 60 } });
    setting.github.attempts.set('1/1', 'completed');
    for (let n = 0; n < 25; n++) setting.createJobToken('1');
    const swept = await setting.sweep();

    expect(swept.outputs).toEqual({ deleted: '25', kept: '0' });
    const deletions = setting.mapbox.requests.filter(({ status }) => status === 204).map(({ path }) => path);
    expect(new Set(deletions).size).toBe(25);
    expect(requestsOf(setting).filter(request => request === 'DELETE 429')).toHaveLength(2);
    expect(swept.elapsed).toBeGreaterThan(60_000);
  });

  it('ends with a thousand tokens when the time is up, and the next sweep does the rest', async () => {
    await using setting = await setUpSweep();
    for (let n = 0; n < 1000; n++) {
      setting.createJobToken(String(1 + (n % 100)));
      setting.github.attempts.set(`${1 + (n % 100)}/1`, 'completed');
    }
    const first = await setting.sweep();

    expect(first.conclusion).toBe('success');
    const deleted = Number(first.outputs['deleted']);
    expect(deleted).toBeGreaterThanOrEqual(400);
    expect(first.outputs['kept']).toBe(String(1000 - deleted));
    expect(said(first, 'warning')).toEqual([
      `Time is up: deleted ${deleted} of 1000 tokens whose runs are over. The next sweep goes on with the others; raise \`timeout\` to have them deleted in one.`,
    ]);
    expect(first.summary).toHaveLength(2 + 500 + 1);
    const second = await setting.sweep({ timeout: '30m' });
    expect(second.outputs).toEqual({ deleted: String(1000 - deleted), kept: '0' });
  });
});

describe('a dry run', () => {
  it('says what would be deleted, deletes nothing, and needs no tokens:write', async () => {
    await using setting = await setUpSweep({ held: ['tokens:read'] });
    const [gone, kept] = [setting.createJobToken('1'), setting.createJobToken('2')];
    setting.github.attempts.set('1/1', 'completed').set('2/1', 'in_progress');
    const swept = await setting.sweep({ 'dry-run': 'true' });

    expect(swept.conclusion).toBe('success');
    expect([gone, kept].every(setting.exists)).toBe(true);
    expect(requestsOf(setting)).toEqual(['GET 200']);
    expect(swept.outputs).toEqual({ deleted: '0', kept: '2' });
    expect(said(swept, 'info')).toContainEqual(
      expect.stringMatching(`^${gone.id} .*: would be deleted, its run is over$`),
    );
    expect(said(swept, 'info').at(-1)).toBe('Dry run: would delete 1 token and keep 1. Nothing was deleted.');
    expect(swept.summary[0]).toEqual(['Sweep of Mapbox tokens (dry run)']);
  });
});

describe('what GitHub does not say', () => {
  it.each([
    { what: '403', attempt: { status: 403, body: { message: 'Resource not accessible by integration' } } },
    { what: '404', attempt: undefined },
    { what: '502', attempt: { status: 502, body: '<html>' } },
    { what: '301', attempt: { status: 301, headers: { location: '/elsewhere' } } },
    { what: 'a page', attempt: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' } },
    { what: 'cut JSON', attempt: { status: 200, body: '{"id": 1, "run_attempt": 1, "status": "completed"' } },
    { what: 'another run', attempt: { status: 200, body: { id: 2, run_attempt: 1, status: 'completed' } } },
    {
      what: 'another attempt',
      attempt: { status: 200, body: { id: 1, run_attempt: 2, status: 'completed' } },
    },
    { what: 'no status', attempt: { status: 200, body: { id: 1, run_attempt: 1 } } },
    { what: 'megabytes', attempt: { status: 200, body: `"${'a'.repeat(3_000_000)}"` } },
    { what: 'a reset', attempt: 'reset' },
  ] as const)('keeps the token and names it: $what', async ({ attempt }) => {
    await using setting = await setUpSweep();
    const doubtful = setting.createJobToken('1');
    const over = setting.createJobToken('3');
    if (attempt !== undefined) setting.github.attempts.set('1/1', attempt);
    setting.github.attempts.set('3/1', 'completed');
    const swept = await setting.sweep();

    expect(swept.conclusion).toBe('success');
    expect(setting.exists(doubtful)).toBe(true);
    expect(setting.exists(over)).toBe(false);
    expect(setting.github.requests).toHaveLength(2);
    expect(said(swept, 'warning')).toEqual([
      expect.stringContaining(
        `- ${doubtful.id} of https://github.com/octo-org/maps/actions/runs/1/attempts/1: `,
      ),
    ]);
    expect(swept.outputs).toEqual({ deleted: '1', kept: '1' });
  });

  it('says which permission may be missing', async () => {
    await using setting = await setUpSweep();
    setting.createJobToken('1');
    const swept = await setting.sweep();

    expect(said(swept, 'warning').join()).toContain('`permissions: actions: read`');
  });

  it('is not asked on when the hour is used up', async () => {
    await using setting = await setUpSweep();
    for (let run = 1; run <= 40; run++) {
      setting.createJobToken(String(run));
      setting.github.attempts.set(`${run}/1`, {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0' },
        body: { message: 'API rate limit exceeded' },
      });
    }
    const swept = await setting.sweep();

    expect(swept.conclusion).toBe('success');
    expect(setting.github.requests.length).toBeLessThanOrEqual(5);
    expect(said(swept, 'warning')[0]).toMatch(/^Kept 40 tokens[\s\S]*and 20 more, see the log/);
  });

  it('cannot hang the step: what is asked has half of the time', async () => {
    await using setting = await setUpSweep();
    const [hanging, over] = [setting.createJobToken('1'), setting.createJobToken('2')];
    setting.github.attempts.set('1/1', 'hang').set('2/1', 'completed');
    const swept = await setting.sweep({ timeout: '2s' });

    expect([setting.exists(hanging), setting.exists(over)]).toEqual([true, false]);
    expect(said(swept, 'warning').join()).toContain('took too long (TIMEOUT)');
  });
});

describe('a clear end', () => {
  it('where the account has no token of this repository', async () => {
    await using setting = await setUpSweep();
    setting.createToken('Production key');
    const swept = await setting.sweep();

    expect(swept).toMatchObject({ conclusion: 'success', outputs: { deleted: '0', kept: '0' }, summary: [] });
    expect(said(swept, 'info')).toEqual([
      'The account octo has 3 tokens; 0 of them with the note of a job of octo-org/maps.',
      'Deleted 0 tokens, kept 0.',
    ]);
    expect(setting.github.requests).toEqual([]);
  });

  it('where the account is empty', async () => {
    await using setting = await setUpSweep();
    setting.mapbox.fault = () => ({ kind: 'status', status: 200, processed: false, body: [] });
    const swept = await setting.sweep();

    expect(swept).toMatchObject({ conclusion: 'success', outputs: { deleted: '0', kept: '0' } });
    expect(said(swept, 'info')[0]).toMatch(/^The account octo has 0 tokens/);
  });

  it('without tokens:read', async () => {
    await using setting = await setUpSweep({ held: ['tokens:write'] });
    const swept = await setting.sweep();

    expect(swept.conclusion).toBe('failure');
    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(/^Mapbox account or permission not found: .*lacks `tokens:read`/),
    ]);
    expect(swept.outputs).toEqual({});
  });

  it('without tokens:write, told by the list', async () => {
    await using setting = await setUpSweep({ held: ['tokens:read'] });
    setting.createJobToken('1');
    const swept = await setting.sweep();

    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(
        /^Authorizing token is missing scopes: .*`tokens:write`, so nothing can be deleted/,
      ),
    ]);
    expect(requestsOf(setting)).toEqual(['GET 200']);
    expect(setting.github.requests).toEqual([]);
  });

  it('without tokens:write, where only the deletion tells', async () => {
    await using setting = await setUpSweep();
    const tokens = [setting.createJobToken('1'), setting.createJobToken('1')];
    setting.github.attempts.set('1/1', 'completed');
    setting.mapbox.fault = ({ method }) =>
      method === 'DELETE'
        ? { kind: 'status', status: 404, processed: false, body: { message: 'Not Found' } }
        : undefined;
    const swept = await setting.sweep();

    expect(tokens.every(setting.exists)).toBe(true);
    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(
        /^Mapbox account or permission not found: .*lacks `tokens:write`. Deleted 0 of 2 tokens/,
      ),
    ]);
    expect(requestsOf(setting)).toEqual(['GET 200', 'DELETE 404', 'GET 200']);
  });

  it('with a temporary authorizing token that lacks either, before any request', async () => {
    await using setting = await setUpSweep();
    const token = setting.mapbox.account.issueTemporary({ scopes: ['styles:read'], seconds: 600 });
    const swept = await setting.sweep({ 'authorizing-token': token });

    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(/^Authorizing token is missing scopes: .*`tokens:read` and `tokens:write`/),
    ]);
    expect(setting.mapbox.requests).toEqual([]);
  });

  it('with a github-token that GitHub rejects', async () => {
    await using setting = await setUpSweep();
    for (let run = 1; run <= 30; run++) setting.createJobToken(String(run));
    const swept = await setting.sweep({ 'github-token': ['ghs', 'expired'].join('_') });

    expect(swept.conclusion).toBe('failure');
    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(/^GitHub rejected the github-token: GitHub answered 401/),
    ]);
    expect(setting.github.requests.length).toBeLessThanOrEqual(5);
    expect(requestsOf(setting)).toEqual(['GET 200']);
  });

  it('without a github-token, together with every other fault', async () => {
    await using setting = await setUpSweep();
    const swept = await setting.sweep({ 'github-token': ' ', 'dry-run': 'maybe', 'api-url': 'ftp://x' });

    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(
        /^Invalid inputs: [\s\S]*`github-token` is empty[\s\S]*`dry-run`[\s\S]*`api-url`/,
      ),
    ]);
    expect(setting.mapbox.requests).toEqual([]);
  });

  it('with an authorizing token that was revoked', async () => {
    await using setting = await setUpSweep();
    setting.mapbox.account.delete(setting.authorizingToken.id);
    const swept = await setting.sweep();

    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(/^Mapbox rejected the authorizing token: The authorizing token was revoked/),
    ]);
  });

  it('with an authorizing token that dies on the way', async () => {
    await using setting = await setUpSweep();
    for (let n = 0; n < 5; n++) setting.createJobToken('1');
    setting.github.attempts.set('1/1', 'completed');
    setting.mapbox.fault = (_, index) => {
      if (index === 3) setting.mapbox.account.delete(setting.authorizingToken.id);
      return undefined;
    };
    const swept = await setting.sweep();

    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(
        /^Mapbox rejected the authorizing token: .*Deleted 2 of 5 tokens whose runs are over\.$/,
      ),
    ]);
    expect(swept.outputs).toEqual({});
    expect(swept.summary).toHaveLength(2 + 5);
  });

  it('where Mapbox is down', async () => {
    await using setting = await setUpSweep();
    setting.mapbox.fault = () => ({ kind: 'html', status: 503, processed: false });
    const swept = await setting.sweep();

    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(
        /^Mapbox server error: The tokens could not be listed\. .*Gave up after \d+ attempts/,
      ),
    ]);
    expect(swept.elapsed).toBeLessThanOrEqual(301_000);
  });

  it('where Mapbox stumbles over one token only: the others go', async () => {
    await using setting = await setUpSweep();
    const tokens = [setting.createJobToken('1'), setting.createJobToken('1'), setting.createJobToken('1')];
    setting.github.attempts.set('1/1', 'completed');
    setting.mapbox.fault = ({ method, path }) =>
      method === 'DELETE' && path.endsWith(tokens[0]?.id ?? '')
        ? { kind: 'html', status: 500, processed: false }
        : undefined;
    const swept = await setting.sweep();

    expect(tokens.filter(setting.exists)).toEqual([tokens[0]]);
    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(/^Mapbox server error: .*Deleted 2 of 3 tokens/),
    ]);
  });

  it('where somebody else deletes the same tokens: they are gone', async () => {
    await using setting = await setUpSweep();
    const tokens = [setting.createJobToken('1'), setting.createJobToken('1'), setting.createJobToken('1')];
    setting.github.attempts.set('1/1', 'completed');
    setting.mapbox.fault = ({ method }) => {
      if (method === 'DELETE') for (const { id } of tokens) setting.mapbox.account.delete(id);
      return undefined;
    };
    const swept = await setting.sweep();

    expect(swept).toMatchObject({ conclusion: 'success', outputs: { deleted: '3', kept: '0' } });
    expect(requestsOf(setting)).toEqual(['GET 200', 'DELETE 404', 'GET 200']);
  });

  it.each(['GITHUB_RUN_ID', 'GITHUB_API_URL'])('without %s', async name => {
    await using setting = await setUpSweep();
    const swept = await setting.sweep({}, { env: { [name]: '' } });

    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(`^Not running on GitHub Actions: ${name} is not set`),
    ]);
    expect(setting.mapbox.requests).toEqual([]);
  });
});
