import { describe, expect, it } from 'vitest';
import type { RetriesExhausted, Retryable } from '../../../src/api/result.ts';
import type { SweepDeletion } from '../../../src/sweep/deletions.ts';
import {
  checkOwnScopes,
  cutNoteWarning,
  deletionError,
  githubTokenError,
  leftoverWarning,
  listError,
  uncheckedWarning,
} from '../../../src/sweep/errors.ts';
import type { KeepReason, SweptToken } from '../../../src/sweep/rule.ts';
import { rateLimited, refusal, rejected, serverError } from '../../support/api-results.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { accountOn, json, scripted } from '../../support/http-script.ts';
import { idOf, tokenText } from '../../support/tokens.ts';
import { run } from '../../support/workflow-run.ts';

const clock = new FakeClock();
const account = accountOn(scripted());

const exhausted = (last: Retryable, attempts: number, elapsed: number): RetriesExhausted => ({
  kind: 'retries-exhausted',
  service: 'Mapbox',
  last,
  attempts,
  elapsed,
});

const givenUp = exhausted(serverError(503), 3, 90_000);

const notFound = rejected({ reason: 'not-found', status: 404 });

describe('the authorizing token’s scopes on the list', () => {
  const own = (...scopes: readonly string[]) => ({
    id: idOf(1),
    usage: 'sk',
    note: '',
    scopes,
    allowedUrls: [],
    created: undefined,
    isDefault: false,
    notUnderstood: [],
  });

  it.each([
    ['it is not listed', undefined],
    ['they suffice', own('tokens:read', 'tokens:write')],
    ['Mapbox does not show them', own()],
    ['they are implausible', own('styles:read')],
  ])('do not stop the sweep if %s', (_, token) => {
    expect(() => checkOwnScopes(token)).not.toThrow();
  });

  it('stop the sweep if they do not allow deletion', () => {
    expect(() => checkOwnScopes(own('tokens:read'))).toThrow(
      /^The authorizing token lacks `tokens:write`, so nothing can be deleted\. /,
    );
  });
});

describe('the error for a list that could not be read', () => {
  it('says what failed', async () => {
    const { title, message } = await listError(givenUp, account, clock);
    expect(title).toBe('Mapbox server error');
    expect(message).toMatch(
      /^The tokens could not be listed\. .*503.* Gave up after 3 attempts in 90 s\. Nothing was deleted; the next sweep tries again\.$/,
    );
  });

  it('names the missing scope if Mapbox does not find the list', async () => {
    const { title, message } = await listError(notFound, account, clock);
    expect(title).toBe('Mapbox account or permission not found');
    expect(message).toContain(
      'the authorizing token lacks `tokens:read`. The scopes of a token cannot be changed',
    );
  });

  it('gives the status that Mapbox responded with', async () => {
    for (const [status, text] of [
      [404, '404 Not Found'],
      [403, '403'],
    ] as const) {
      const { message } = await listError({ ...notFound, status }, account, clock);
      expect(message).toMatch(new RegExp(`^Mapbox responded with ${text} to the request for the list`));
    }
  });

  it('does not blame the scopes if the token is not accepted', async () => {
    const revoked = accountOn(scripted(json(200, { code: 'TokenRevoked' })));
    const unauthorized = rejected({ reason: 'unauthorized', status: 401 });
    const { title, message } = await listError(unauthorized, revoked, clock);
    expect(title).toBe('Mapbox rejected the authorizing token');
    expect(message).not.toContain('lacks');
  });

  it('does not blame the scopes for another account', async () => {
    const other = accountOn(scripted(json(200, { code: 'TokenValid' })), { username: 'other' });
    const { message } = await listError(notFound, other, clock);
    expect(message).not.toContain('lacks `tokens:read`. The scopes');
  });

  it('does not blame the scopes for another server’s response', async () => {
    const { title } = await listError({ ...notFound, isApiError: false }, account, clock);
    expect(title).toBe('Unexpected response from Mapbox');
  });
});

describe('the error for tokens that could not be deleted', () => {
  const deleted: SweepDeletion = { kind: 'deleted' };
  const skipped: SweepDeletion = { kind: 'skipped' };
  const already: SweepDeletion = { kind: 'already-deleted' };
  const limited = exhausted(rateLimited(60_000), 1, 1);
  const errorFor = (...deletions: readonly SweepDeletion[]) => deletionError(deletions, account, clock);

  it.each([
    ['all are deleted', [deleted, already]],
    ['time was up', [deleted, skipped]],
    ['the rate limit outlasted the time', [deleted, limited, skipped]],
  ])('is missing if %s', async (_, deletions) => {
    expect(await errorFor(...deletions)).toBeUndefined();
  });

  it('names the scope that may be missing if nothing could be deleted', async () => {
    const error = await errorFor(notFound, skipped, skipped);
    expect(error?.title).toBe('Mapbox account or permission not found');
    expect(error?.message).toMatch(
      /^Mapbox responded with 404 Not Found twice to the deletion of a token that it lists\. That is how Mapbox responds if the authorizing token lacks `tokens:write`\. Deleted 0 of 3 tokens due for deletion\. The scopes of a token/,
    );
  });

  it('does not blame the scopes if another token could be deleted', async () => {
    const error = await errorFor(deleted, notFound, already);
    expect(error?.message).toBe(
      'Mapbox responded with 404 Not Found twice to the deletion of a token that it lists. Deleted 1 of 3 tokens due for deletion; already gone: 1. The next sweep tries again.',
    );
  });

  it('says what was rejected, and how far the sweep got', async () => {
    const error = await errorFor(deleted, rejected({ status: 422 }), skipped);
    expect(error?.title).toBe('Mapbox rejected the request');
    expect(error?.message).toBe(
      'Mapbox rejected the request with 422. Deleted 1 of 3 tokens due for deletion.',
    );
  });

  it('says what a proxy rejected', async () => {
    const redirect = rejected({ status: 302, reason: 'redirect', isApiError: false });
    const error = await errorFor(deleted, redirect, skipped);
    expect(error?.title).toBe('Unexpected response from Mapbox');
    expect(error?.message).toMatch(/302, a redirect\..* Deleted 1 of 3 tokens due for deletion\.$/);
  });

  it('says what failed', async () => {
    const error = await errorFor(limited, givenUp);
    expect(error?.title).toBe('Mapbox server error');
    expect(error?.message).toMatch(
      /Gave up after 3 attempts in 90 s\. Deleted 0 of 2 tokens due for deletion\. The next sweep tries the others again\.$/,
    );
  });
});

function swept(n: number, reason: KeepReason, note = `note ${n}`): SweptToken {
  return {
    token: {
      id: idOf(n),
      usage: 'sk',
      note,
      scopes: [],
      allowedUrls: [],
      created: undefined,
      isDefault: false,
      notUnderstood: [],
    },
    run: { ...run, id: String(n), attempt: '2' },
    decision: { kind: 'keep', reason },
  };
}

const notChecked: KeepReason = { kind: 'not-checked' };

const unknown = (status: number, message?: string): KeepReason => ({
  kind: 'unknown',
  cause: refusal(status, message),
});

describe('the warning about runs of unknown state', () => {
  const HEAD = 'because GitHub did not say whether the run is over:';
  const PERMISSION =
    'To read runs, the job needs `permissions: actions: read`. If it cannot have that, set `job-max-age`. ';

  it('is missing if every run is known', () => {
    expect(
      uncheckedWarning([
        swept(1, { kind: 'in-progress', status: 'queued' }),
        swept(2, { kind: 'run-not-found' }),
      ]),
    ).toBeUndefined();
  });

  const addresses =
    'Although you appear to have the correct authorization credentials, the `octo-org` organization has an IP allow list enabled, and 203.0.113.7 is not permitted to access this resource.';
  const saml = 'Resource protected by organization SAML enforcement.';

  it.each([
    ['403: "Resource not accessible by integration"', PERMISSION],
    ['403: "Resource not accessible by personal access token"', PERMISSION],
    ['404: "Not Found"', PERMISSION],
    [`403: "${addresses}"`, ''],
    [`403: "${saml}"`, ''],
    ['403: "Sorry. Your account was suspended."', ''],
    ['451: "Repository access blocked"', ''],
    ['403', ''],
  ])('names the token, its run, GitHub’s reason and advice: %s', (response, advice) => {
    const [, status, message] = /^(\d+)(?:: "(.*)")?$/.exec(response) ?? [];
    expect(uncheckedWarning([swept(7, unknown(Number(status), message))])).toBe(
      [
        `Kept 1 token, ${HEAD}`,
        `- ${idOf(7)} of https://github.com/octo-org/maps/actions/runs/7 (attempt 2): GitHub responded with ${response}`,
        `${advice}The next sweep asks again.`,
      ].join('\n'),
    );
  });

  it('does not suggest a permission after a server error', () => {
    const reason: KeepReason = { kind: 'unknown', cause: serverError(502) };
    expect(uncheckedWarning([swept(7, reason)])).not.toContain('permissions');
  });

  it('gives advice only once', () => {
    const warning = uncheckedWarning([swept(1, notChecked), swept(2, unknown(404)), swept(3, unknown(404))]);
    expect(warning?.split(PERMISSION)).toHaveLength(2);
  });

  it('names at most twenty', () => {
    const warning = uncheckedWarning(Array.from({ length: 22 }, (_, n) => swept(n, notChecked)));
    expect(warning?.split('\n')).toHaveLength(1 + 20 + 1 + 1);
    expect(warning).toContain(`- ${idOf(19)} of`);
    expect(warning).not.toContain(idOf(20));
    expect(warning).toContain(': not looked up\n- and 2 more, see the log\nThe next sweep asks again.');
    const twenty = uncheckedWarning(Array.from({ length: 20 }, (_, n) => swept(n, notChecked)));
    expect(twenty).not.toContain('more, see the log');
  });
});

describe('the warning about cut notes', () => {
  it('is missing without any', () => {
    expect(cutNoteWarning([swept(1, { kind: 'newest' })])).toBeUndefined();
  });

  it('names the tokens and their notes, on one line and without tokens', () => {
    const note = `Web\n${tokenText('sk')} of… [until deleted: 1/1.1#abcd1234]`;
    expect(cutNoteWarning([swept(1, { kind: 'newest' }), swept(2, { kind: 'cut-note' }, note)])).toBe(
      [
        'Kept 1 permanent token, because the note was truncated, and the missing text may differ:',
        `- ${idOf(2)} "Web *** of… [until deleted: 1/1.1#abcd1234]"`,
        'Use shorter notes, and delete tokens that are no longer in use on the Tokens page:',
        'https://console.mapbox.com/account/access-tokens/',
      ].join('\n'),
    );
  });
});

describe('the warning about remaining tokens', () => {
  const warningFor = (...deletions: readonly SweepDeletion[]) =>
    leftoverWarning(new Map(deletions.map((deletion, n) => [swept(n, notChecked), deletion])));

  it('is missing if none remain', () => {
    expect(
      warningFor({ kind: 'deleted' }, { kind: 'already-deleted' }, { kind: 'unlisted' }),
    ).toBeUndefined();
    expect(warningFor()).toBeUndefined();
  });

  it('says that time was up, and how far the sweep got', () => {
    expect(warningFor({ kind: 'deleted' }, { kind: 'skipped' })).toBe(
      'Time is up. Deleted 1 of 2 tokens due for deletion. The next sweep deletes the others; raise `timeout` to delete all of them in one sweep.',
    );
  });

  it('says when a rate limit resets that outlasts the time', () => {
    const limited = exhausted(
      { kind: 'rate-limited', status: 429, retryAfter: 600_000, interval: 60_000, estimated: false },
      2,
      60_000,
    );
    expect(warningFor({ kind: 'deleted' }, limited, { kind: 'skipped' })).toBe(
      "Mapbox's rate limit is exceeded (429); it resets in 10 min. Gave up after 2 attempts in 60 s. Deleted 1 of 3 tokens due for deletion. The next sweep deletes the others; raise `timeout` to delete all of them in one sweep.",
    );
  });

  it('names tokens that may still exist', () => {
    expect(warningFor({ kind: 'deleted' }, { kind: 'unconfirmed' }, { kind: 'skipped' })).toBe(
      [
        'Mapbox responded with 404 to the deletion of 1 token, and no complete list confirmed that they are gone:',
        `- ${idOf(1)}`,
        'Deleted 1 of 3 tokens due for deletion. The next sweep tries again.',
      ].join('\n'),
    );
  });
});

it('says what to do about a `github-token` that GitHub rejects', () => {
  const { title, message } = githubTokenError();
  expect(title).toBe('GitHub rejected the github-token');
  expect(message).toContain('`permissions: actions: read`');
});

it.each([
  ['the list is not found', () => listError({ ...notFound, requestId: 'id-of-it' }, account, clock)],
  ['the list is rejected', () => listError(rejected({ requestId: 'id-of-it' }), account, clock)],
  ['a token is not found', () => deletionError([{ ...notFound, requestId: 'id-of-it' }], account, clock)],
  ['a deletion is rejected', () => deletionError([rejected({ requestId: 'id-of-it' })], account, clock)],
])('names Mapbox’s request ID if %s', async (_, error) => {
  expect((await error())?.message).toContain('(request id id-of-it)');
});
