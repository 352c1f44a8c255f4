import { describe, expect, it } from 'vitest';
import { type SweepResult, setUpSweep } from '../support/sweep-step.ts';

const said = (swept: SweepResult, kind: string) =>
  swept.log.filter(one => one.kind === kind).map(one => one.text);
const requestsOf = ({ mapbox }: { mapbox: { requests: readonly { method: string; status?: number }[] } }) =>
  mapbox.requests.map(({ method, status }) => `${method} ${status}`);

describe('ends with a clear result', () => {
  it('if the account has no token of this repository', async () => {
    await using setting = await setUpSweep();
    setting.createToken('Production key');
    const swept = await setting.sweep();

    expect(swept).toMatchObject({ conclusion: 'success', outputs: { deleted: '0', kept: '0' }, summary: [] });
    expect(said(swept, 'info')).toEqual([
      'The account octo has 3 tokens. The sweep of octo-org/maps looks at 0 of them.',
      'Deleted 0 tokens, kept 0.',
    ]);
    expect(setting.github.requests).toEqual([]);
  });

  it('if the account is empty', async () => {
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

  it('without tokens:write, if the list shows it', async () => {
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

  it('without tokens:write, if only the deletion shows it', async () => {
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
        /^Mapbox account or permission not found: .*lacks `tokens:write`\. Deleted 0 of 2 tokens/,
      ),
    ]);
    expect(requestsOf(setting)).toEqual(['GET 200', ...Array(4).fill('DELETE 404'), 'GET 200']);
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
      expect.stringMatching(/^GitHub rejected the github-token: GitHub responded with 401/),
    ]);
    expect(setting.github.requests.length).toBeLessThanOrEqual(5);
    expect(requestsOf(setting)).toEqual(['GET 200']);
  });

  it('without a github-token, together with every other problem', async () => {
    await using setting = await setUpSweep();
    const swept = await setting.sweep({ 'github-token': ' ', 'dry-run': 'maybe', 'api-url': 'ftp://x' });

    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(
        /^Invalid inputs: [\s\S]*`github-token` is empty[\s\S]*`dry-run`[\s\S]*`api-url`/,
      ),
    ]);
    expect(setting.mapbox.requests).toEqual([]);
  });

  it('with a revoked authorizing token', async () => {
    await using setting = await setUpSweep();
    setting.mapbox.account.delete(setting.authorizingToken.id);
    const swept = await setting.sweep();

    expect(said(swept, 'error')).toEqual([
      expect.stringMatching(/^Mapbox rejected the authorizing token: The authorizing token was revoked/),
    ]);
  });

  it('with an authorizing token revoked during the sweep', async () => {
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
        /^Mapbox rejected the authorizing token: .*Deleted 2 of 5 tokens due for deletion\.$/,
      ),
    ]);
    expect(swept.outputs).toEqual({});
    expect(swept.summary).toHaveLength(2 + 5 + 1);
  });

  it('if Mapbox is down', async () => {
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

  it('if Mapbox fails to delete one token only: the others are deleted', async () => {
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

  it('if someone else deletes the same tokens: they do not count as deleted', async () => {
    await using setting = await setUpSweep();
    const tokens = [setting.createJobToken('1'), setting.createJobToken('1'), setting.createJobToken('1')];
    setting.github.attempts.set('1/1', 'completed');
    setting.mapbox.fault = ({ method }) => {
      if (method === 'DELETE') for (const { id } of tokens) setting.mapbox.account.delete(id);
      return undefined;
    };
    const swept = await setting.sweep();

    expect(swept).toMatchObject({ conclusion: 'success', outputs: { deleted: '0', kept: '0' } });
    expect(requestsOf(setting)).toEqual(['GET 200', ...Array(4).fill('DELETE 404'), 'GET 200']);
    expect(said(swept, 'info').at(-1)).toBe('Deleted 0 tokens, kept 0. Already gone: 3.');
  });

  it.each([
    ['200', { kind: 'status', status: 200, processed: false, body: {} }],
    ['an empty 202', { kind: 'status', status: 202, processed: false }],
    ['a page with 404', { kind: 'html', status: 404, processed: false, from: 'proxy' }],
    ['401', { kind: 'status', status: 401, processed: false, body: { message: 'Sign in' } }],
    ['403', { kind: 'status', status: 403, processed: false, body: { message: 'Blocked' } }],
    ['409', { kind: 'status', status: 409, processed: false, body: { message: 'Conflict' } }],
    [
      '404 of a replica that is behind',
      { kind: 'status', status: 404, processed: false, body: { message: 'Not Found' } },
    ],
  ] as const)('if a deletion gets %s once: it is retried', async (_, fault) => {
    await using setting = await setUpSweep();
    const tokens = [setting.createJobToken('1'), setting.createJobToken('1')];
    setting.github.attempts.set('1/1', 'completed');
    let deletions = 0;
    setting.mapbox.fault = ({ method }) => (method === 'DELETE' && deletions++ === 0 ? fault : undefined);
    const swept = await setting.sweep();

    expect(tokens.filter(setting.exists)).toEqual([]);
    expect(swept).toMatchObject({ conclusion: 'success', outputs: { deleted: '2', kept: '0' } });
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
