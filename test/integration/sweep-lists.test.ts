/** Sweeps of accounts whose token list is large or unusually paged. */
import { describe, expect, it } from 'vitest';
import { fillAccount } from '../support/mapbox/heavy-list.ts';
import { dangerousLinks, deceptiveLinks, oddLinks } from '../support/mapbox/link-faults.ts';
import type { Fault } from '../support/mapbox/server.ts';
import { setUpSweep } from '../support/sweep-step.ts';

/** An account with this many tokens of a finished run, on pages of 5 with links that a fault may change. */
async function setUpPages(tokens: number, fault?: Fault) {
  const setting = await setUpSweep({ pageSize: 5 });
  const due = Array.from({ length: tokens }, () => setting.createJobToken('1'));
  setting.github.attempts.set('1/1', 'completed');
  if (fault !== undefined) setting.mapbox.fault = ({ method }) => (method === 'GET' ? fault : undefined);
  return Object.assign(setting, { due });
}

it.each([
  ['100 tokens with 40 allowed URLs each', { tokens: 100, urls: 40 }],
  ['100 tokens with 100 long allowed URLs each', { tokens: 100, urls: 100, urlLength: 500 }],
])('finds its tokens among %s', async (_, heavy) => {
  await using setting = await setUpSweep();
  const first = setting.createJobToken('1');
  fillAccount(setting.mapbox.account, heavy);
  const last = setting.createJobToken('1');
  setting.github.attempts.set('1/1', 'completed');
  const swept = await setting.sweep();

  expect(swept).toMatchObject({ conclusion: 'success', outputs: { deleted: '2', kept: '0' } });
  expect([first, last].filter(setting.exists)).toEqual([]);
});

describe('an incomplete list', () => {
  const cut: Fault = {
    kind: 'rewrite',
    rewrite: ({ headers, body, ...response }) => ({
      ...response,
      headers: { ...headers, Link: '<https://api.mapbox.com/tok' },
      body: Array.isArray(body) ? body.slice(0, 1) : body,
    }),
  };
  const said = (log: readonly { kind: string; text: string }[], kind: string) =>
    log.filter(one => one.kind === kind).map(one => one.text);

  it('does not prove that tokens with a 404 are gone: they are kept and named', async () => {
    await using setting = await setUpPages(9);
    const notFound: Fault = {
      kind: 'status',
      status: 404,
      processed: false,
      body: { message: 'Not Found' },
    };
    let isDeleting = false;
    setting.mapbox.fault = ({ method }) => {
      isDeleting ||= method === 'DELETE';
      if (method === 'DELETE') return notFound;
      return isDeleting ? cut : undefined;
    };
    const swept = await setting.sweep();

    expect(setting.due.filter(setting.exists)).toEqual(setting.due);
    expect(swept).toMatchObject({ conclusion: 'success', outputs: { deleted: '0', kept: '9' } });
    expect(JSON.stringify(swept.log)).not.toContain('already deleted');
    expect(said(swept.log, 'warning')).toEqual([
      expect.stringMatching(/^Mapbox responded with 404 to the deletion of 2 tokens, and no complete list/),
    ]);
  });

  it('is reported, and its tokens are swept', async () => {
    await using setting = await setUpPages(9, cut);
    const swept = await setting.sweep();

    expect(swept.conclusion).toBe('success');
    expect(said(swept.log, 'warning')).toEqual([
      "Mapbox's list of tokens could not be read completely. The sweep does not cover the missing ones.",
    ]);
  });
});

describe('the pages of the list', () => {
  it.each(Object.entries(oddLinks))('are all read: %s', async (_, fault) => {
    await using setting = await setUpPages(13, fault);
    const swept = await setting.sweep();

    expect(swept).toMatchObject({ conclusion: 'success', outputs: { deleted: '13', kept: '0' } });
    expect(setting.due.filter(setting.exists)).toEqual([]);
  });

  it.each(Object.entries(deceptiveLinks))('end with the first: %s', async (_, fault) => {
    await using setting = await setUpPages(13, fault);
    const swept = await setting.sweep();

    expect(swept.conclusion).toBe('success');
    expect(setting.mapbox.requests.filter(({ method }) => method === 'GET')).toHaveLength(1);
  });

  it.each(Object.entries(dangerousLinks))('never lead in circles or elsewhere: %s', async (_, fault) => {
    await using setting = await setUpPages(3, fault);
    const { log } = await setting.sweep();

    expect(log.length).toBeGreaterThan(0);
    expect(setting.mapbox.requests.length).toBeLessThan(12);
    for (const { status } of setting.mapbox.requests) expect([200, 204]).toContain(status);
  });
});
