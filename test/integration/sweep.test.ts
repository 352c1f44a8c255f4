import { describe, expect, it } from 'vitest';
import { markerFor, SWEEPING_RUN, type SweepResult, setUpSweep } from '../support/sweep-step.ts';

const said = (swept: SweepResult, kind: string) =>
  swept.log.filter(one => one.kind === kind).map(one => one.text);
const requestsOf = ({ mapbox }: { mapbox: { requests: readonly { method: string; status?: number }[] } }) =>
  mapbox.requests.map(({ method, status }) => `${method} ${status}`);

const RUNS = 'https://github.com/octo-org/maps/actions/runs';

describe('the sweep', () => {
  it('deletes the tokens of attempts that are over, and keeps the others', async () => {
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

  it('reports each token of this repository with its note, age, run and result, in the log and in the summary', async () => {
    await using setting = await setUpSweep();
    const now = setting.clock.now();
    const old = setting.createJobToken('1', { created: new Date(now - 50 * 3_600_000) });
    const young = setting.createJobToken('2', { created: new Date(now - 30 * 60_000) });
    const other = setting.createToken('Production key');
    setting.github.attempts.set('1/1', 'completed').set('2/1', 'in_progress');
    const swept = await setting.sweep();

    const lines = said(swept, 'info');
    expect(lines).toContain(
      `${old.id} "${old.note}", created by ${RUNS}/1 2 days ago: deleted, its run is over`,
    );
    expect(lines).toContain(
      `${young.id} "${young.note}", created by ${RUNS}/2 30 min ago: kept, its run is not over (in_progress)`,
    );
    expect(swept.summary).toEqual([
      ['Sweep of Mapbox tokens'],
      ['Token', 'Note', 'Age', 'Run', 'Result'],
      [young.id, young.note, '30 min', `${RUNS}/2`, 'kept, its run is not over (in_progress)'],
      [old.id, old.note, '2 days', `${RUNS}/1`, 'deleted, its run is over'],
      ['Tokens page', 'https://console.mapbox.com/account/access-tokens/', '', '', ''],
    ]);
    expect(JSON.stringify([swept.log, swept.summary])).not.toContain(other.id);
  });

  it('asks GitHub once for each attempt', async () => {
    await using setting = await setUpSweep();
    for (let run = 1; run <= 20; run++) {
      setting.github.attempts.set(`${run}/1`, 'in_progress');
      for (let n = 0; n < 3; n++) setting.createJobToken(String(run));
    }
    await setting.sweep();

    const paths = setting.github.requests.map(({ path }) => path);
    expect(paths).toHaveLength(20);
    expect(new Set(paths).size).toBe(20);
  });

  it('keeps the default token, its own and its run’s tokens without asking GitHub', async () => {
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
    for (const reason of ["the account's default token", 'the authorizing token', "the sweep's own run"])
      expect(said(swept, 'info').join('\n')).toContain(reason);
  });

  it('masks both tokens before any other output or request', async () => {
    await using setting = await setUpSweep();
    const swept = await setting.sweep({ timeout: 'never', 'github-token': ` ${setting.githubToken}\n` });

    expect(swept.conclusion).toBe('failure');
    expect(swept.masks).toEqual(
      expect.arrayContaining([setting.authorizingToken.token, setting.githubToken]),
    );
    expect(setting.mapbox.requests).toEqual([]);
  });

  it('waits for the rate limit and continues', async () => {
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

  it('stops when time is up, and the next sweep deletes the rest', async () => {
    await using setting = await setUpSweep();
    for (let n = 0; n < 300; n++) {
      setting.createJobToken(String(1 + (n % 30)));
      setting.github.attempts.set(`${1 + (n % 30)}/1`, 'completed');
    }
    const first = await setting.sweep({ timeout: '90s' });

    expect(first.conclusion).toBe('success');
    const deleted = Number(first.outputs['deleted']);
    expect(deleted).toBeGreaterThanOrEqual(100);
    expect(first.outputs['kept']).toBe(String(300 - deleted));
    expect(said(first, 'warning')).toEqual([
      expect.stringMatching(
        `^Mapbox's rate limit .* Deleted ${deleted} of 300 tokens due for deletion\\. The next sweep deletes the others; raise \`timeout\``,
      ),
    ]);
    const second = await setting.sweep({ timeout: '30m' });
    expect(second.outputs).toEqual({ deleted: String(300 - deleted), kept: '0' });
  });
});

describe('a dry run', () => {
  it('reports what it would delete, deletes nothing, and does not need tokens:write', async () => {
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
