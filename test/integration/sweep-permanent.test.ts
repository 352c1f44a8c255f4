/** Which tokens `keep-permanent` deletes, and which it never does. */
import { describe, expect, it } from 'vitest';
import { DAY, markerFor, REPOSITORY, type SweepResult, setUpSweep } from '../support/sweep-step.ts';

const said = (swept: SweepResult, kind: string) =>
  swept.log.filter(one => one.kind === kind).map(one => one.text);

const DAYS = [50, 40, 30, 20, 10, 3];

describe('keep-permanent', () => {
  it('keeps tokens with cut notes, and names them, as they may differ in the rest', async () => {
    await using setting = await setUpSweep();
    const tokens = [30, 20, 10].map(days =>
      setting.createToken(
        `Public web map of the… ${markerFor('1', { until: 'deleted' })}`,
        'pk',
        new Date(setting.clock.mapboxTime() - days * DAY),
      ),
    );
    const swept = await setting.sweep({ 'keep-permanent': '1' });

    expect(tokens.filter(setting.exists)).toEqual(tokens);
    expect(swept).toMatchObject({ conclusion: 'success', outputs: { deleted: '0', kept: '3' } });
    expect(said(swept, 'warning')).toEqual([
      expect.stringMatching(/^Kept 3 permanent tokens, because the note/),
    ]);
    for (const { id } of tokens)
      expect(said(swept, 'warning')[0]).toContain(`- ${id} "Public web map of the…`);
  });

  it.each([{}, { 'keep-permanent': 'all' }, { 'keep-permanent': ' ALL ' }])(
    'leaves permanent tokens alone unless it is a number: %o',
    async inputs => {
      await using setting = await setUpSweep();
      const tokens = DAYS.map(days => setting.createPermanentToken('Web map', days));
      const swept = await setting.sweep({ ...inputs, 'permanent-min-age': '1d' });

      expect(tokens.filter(setting.exists)).toEqual(tokens);
      expect(swept.outputs).toEqual({ deleted: '0', kept: '0' });
      expect(JSON.stringify(swept.log)).not.toContain(tokens[0]?.id);
    },
  );

  it('keeps the newest of each note, and deletes the others', async () => {
    await using setting = await setUpSweep();
    const web = DAYS.map(days => setting.createPermanentToken('Web map', days));
    const print = DAYS.map(days => setting.createPermanentToken('Print', days + 1));
    const swept = await setting.sweep({ 'keep-permanent': '2' });

    expect(web.filter(setting.exists)).toEqual(web.slice(-2));
    expect(print.filter(setting.exists)).toEqual(print.slice(-2));
    expect(swept.outputs).toEqual({ deleted: '8', kept: '4' });
    expect(said(swept, 'info')).toContainEqual(
      expect.stringMatching(`^${web[0]?.id} .* 50 days ago: deleted, newer tokens have its note$`),
    );
    expect(said(swept, 'info')).toContainEqual(
      expect.stringMatching(`^${web[5]?.id} .*: kept, it is among the newest with its note$`),
    );
    expect(setting.github.requests).toEqual([]);
  });

  it.each([
    ['', [50, 40, 30, 20]],
    ['25d', [50, 40, 30]],
    ['1080h', [50]],
    ['2 days', [50, 40, 30, 20, 6]],
    ['0d', [50, 40, 30, 20, 6]],
  ])('deletes none younger than permanent-min-age "%s"', async (minAge, deleted) => {
    await using setting = await setUpSweep();
    const tokens = [50, 40, 30, 20, 6, 1].map(days => ({
      days,
      token: setting.createPermanentToken('Web map', days),
    }));
    await setting.sweep({ 'keep-permanent': '1', 'permanent-min-age': minAge });

    expect(tokens.filter(({ token }) => !setting.exists(token)).map(({ days }) => days)).toEqual(deleted);
  });

  it('keeps tokens whose notes have the repository’s former name, as they are different', async () => {
    await using setting = await setUpSweep();
    const old = setting.createToken(
      `Web map (octo-org/old-name) ${markerFor('1', { until: 'deleted' })}`,
      'pk',
      new Date(setting.clock.mapboxTime() - 30 * 24 * 3_600_000),
    );
    const young = setting.createPermanentToken('Web map', 10);
    await setting.sweep({ 'keep-permanent': '1' });

    expect([old, young].filter(setting.exists)).toEqual([old, young]);
  });

  it('deletes no token of another repository, server or note, and no job’s token', async () => {
    await using setting = await setUpSweep();
    const created = new Date(setting.clock.mapboxTime() - 30 * 24 * 3_600_000);
    const others = [
      setting.createPermanentToken('Web map', 30, { repository: '987654321' }),
      setting.createPermanentToken('Web map', 30, { repository: '123456789@ghe.example.com' }),
      setting.createPermanentToken('Web map', 30, { repository: REPOSITORY }),
      setting.createPermanentToken('Other', 30),
      setting.createToken(`Web map (${REPOSITORY})`, 'pk', created),
      setting.createToken(`${markerFor('1', { until: 'deleted' })} in use`, 'pk', created),
      setting.createToken(
        `Web map (${REPOSITORY}) [replaces cabcdef0123456789abcdefgh: 123456789/1.1#abcd1234]`,
        'sk',
        created,
      ),
      setting.createJobToken('1', { created }),
    ];
    setting.github.attempts.set('1/1', 'in_progress');
    const newest = setting.createPermanentToken('Web map', 1);
    await setting.sweep({ 'keep-permanent': '1', 'permanent-min-age': '0d' });

    expect([...others, newest].filter(setting.exists)).toEqual([...others, newest]);
  });

  it('neither deletes nor counts the default token and the authorizing token', async () => {
    await using setting = await setUpSweep();
    const { account } = setting.mapbox;
    const note = `Web map (${REPOSITORY}) ${markerFor('1', { until: 'deleted' })}`;
    const byDefault = account.tokens().find(token => token.default);
    if (byDefault) account.update(byDefault, { note });
    account.update(setting.authorizingToken, { note });
    const [old, young] = [
      setting.createPermanentToken('Web map', 30),
      setting.createPermanentToken('Web map', 20),
    ];
    const swept = await setting.sweep({ 'keep-permanent': '1', 'permanent-min-age': '0d' });

    expect([old, young].filter(setting.exists)).toEqual([young]);
    expect(setting.exists(setting.authorizingToken)).toBe(true);
    expect(swept.outputs).toEqual({ deleted: '1', kept: '3' });
  });

  it.each([
    ['the token’s age', { created: 'unknown' }, undefined],
    ['the time', {}, 'Date'],
  ])('deletes none if Mapbox does not give %s', async (_, change, without) => {
    await using setting = await setUpSweep();
    const tokens = [30, 20].map(days => setting.createPermanentToken('Web map', days));
    setting.mapbox.fault = ({ method }) =>
      method === 'GET'
        ? {
            kind: 'rewrite',
            rewrite: response => ({
              ...response,
              headers: Object.fromEntries(
                Object.entries(response.headers ?? {}).filter(([name]) => name !== without),
              ),
              body: Array.isArray(response.body)
                ? response.body.map(token => ({ ...token, ...change }))
                : response.body,
            }),
          }
        : undefined;
    const swept = await setting.sweep({ 'keep-permanent': '1' });

    expect(tokens.filter(setting.exists)).toEqual(tokens);
    expect(said(swept, 'info').join('\n')).toContain('kept, Mapbox did not say how old it is');
  });

  it.each([100, -100])('uses the clock that is behind, with the runner’s %i days ahead', async days => {
    await using setting = await setUpSweep({ skew: days * 24 * 3_600_000 });
    const tokens = [days > 0 ? 6 : 90, 5].map(days => setting.createPermanentToken('Web map', days));
    await setting.sweep({ 'keep-permanent': '1' });

    expect(tokens.filter(setting.exists)).toEqual(tokens);
  });

  it('deletes nothing in a dry run, and reports what it would delete', async () => {
    await using setting = await setUpSweep({ held: ['tokens:read'] });
    const tokens = DAYS.map(days => setting.createPermanentToken('Web map', days));
    const swept = await setting.sweep({ 'keep-permanent': '2', 'dry-run': 'true' });

    expect(tokens.filter(setting.exists)).toEqual(tokens);
    expect(swept.outputs).toEqual({ deleted: '0', kept: '6' });
    expect(said(swept, 'info')).toContainEqual(
      expect.stringMatching(`^${tokens[0]?.id} .*: would be deleted, newer tokens have its note$`),
    );
    expect(said(swept, 'info').at(-1)).toBe(
      'Dry run: would delete 4 tokens and keep 2. Nothing was deleted.',
    );
  });
});
