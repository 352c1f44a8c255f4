/** What a step passes on, and that no way of printing the token reveals it. */
import { describe, expect, it } from 'vitest';
import { entriesOf, linesOf, newCaller, setBy } from './caller.ts';

const mint = { step: 'mapbox' };

describe('an exported token', () => {
  it('is in every variable requested, and the summary has everything but the token', async () => {
    await using caller = await newCaller();
    const run = await caller.run('hand-over.yml');

    expect(run.exitCode).toBe(0);
    const { token = '', 'token-id': id } = setBy(run, 'set-output', mint);
    expect(token).toMatch(/^sk\./);
    expect(setBy(run, 'set-env', mint)).toEqual({ MAPBOX_ACCESS_TOKEN: token, MapboxAccessToken: token });
    const summaries = entriesOf(run, {}).filter(({ command }) => command === 'summary');
    expect(summaries).toHaveLength(1);
    expect(summaries[0]?.value).toContain(id);
    expect(summaries[0]?.value).toContain('tilesets:write tilesets:list');
    expect(summaries[0]?.value).not.toContain(token);
    expect(caller.setting.created()).toEqual([]);
  });

  it('is hidden if a step prints it plain, in JSON, in its environment, and in a shell’s trace', async () => {
    await using caller = await newCaller();
    const run = await caller.run('hand-over.yml');

    expect(linesOf(run, { step: 'plain' })).toEqual(['plain ***.', 'twice ******', 'to stderr ***']);
    expect(linesOf(run, { step: 'json' }).join('\n')).toMatch(/"token": "\*\*\*"/);
    expect(linesOf(run, { step: 'environment' })).toEqual(
      expect.arrayContaining(['MAPBOX_ACCESS_TOKEN=***', 'MapboxAccessToken=***']),
    );
    expect(linesOf(run, { step: 'trace' }).join('\n')).toMatch(/access_token=\*\*\*/);
    const { token = '' } = setBy(run, 'set-output', mint);
    expect(run.shown).not.toContain(token);
    // act hides only the values themselves, so this shows that the action's own base64 masks leave a few characters at
    // most.
    expect(linesOf(run, { step: 'encoded' })).toEqual([
      expect.stringMatching(/^encoded \*\*\*[\w+/=]{0,4}$/),
    ]);
  });

  it('is nowhere in the log as users see it', async () => {
    await using caller = await newCaller();
    const { account } = caller.setting.mapbox;
    const run = await caller.run('hand-over.yml', { plain: true });

    expect(run.exitCode).toBe(0);
    expect(run.output).toContain('| plain ***.');
    const texts = account.everIssued().map(({ token }) => token);
    expect(texts).toHaveLength(3);
    expect(texts.filter(text => run.output.includes(text))).toEqual([]);
  });
});
