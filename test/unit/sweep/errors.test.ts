import { describe, expect, it } from 'vitest';
import type { RetriesExhausted, Retryable } from '../../../src/api/result.ts';
import type { SweepDeletion } from '../../../src/sweep/delete-tokens.ts';
import {
  checkOwnScopes,
  deletionError,
  githubTokenError,
  listError,
  timeoutWarning,
} from '../../../src/sweep/errors.ts';
import { rateLimited, rejected, serverError } from '../../support/api-results.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { accountOn, json, scripted } from '../../support/http-script.ts';
import { idOf } from '../../support/tokens.ts';

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

describe('the scopes that the list shows of the authorizing token', () => {
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
    ['they cannot be all', own('styles:read')],
  ])('are no reason to stop where %s', (_, token) => {
    expect(() => checkOwnScopes(token)).not.toThrow();
  });

  it('stop the sweep where it could not delete', () => {
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

  it('names the missing scope where Mapbox does not find the list', async () => {
    const { title, message } = await listError(notFound, account, clock);
    expect(title).toBe('Mapbox account or permission not found');
    expect(message).toContain(
      'the authorizing token lacks `tokens:read`. The scopes of a token cannot be changed',
    );
  });

  it('does not blame the scopes where the token is not accepted', async () => {
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

  it('does not blame the scopes for the response of something else', async () => {
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
  ])('does not exist where %s', async (_, deletions) => {
    expect(await errorFor(...deletions)).toBeUndefined();
  });

  it('names the missing scope where nothing could be deleted', async () => {
    const error = await errorFor(notFound, skipped, skipped);
    expect(error?.title).toBe('Mapbox account or permission not found');
    expect(error?.message).toMatch(
      /^Mapbox responded with 404 Not Found to the deletion of a token that it lists: the authorizing token lacks `tokens:write`\. Deleted 0 of 3 tokens due for deletion\. The scopes of a token/,
    );
  });

  it('does not blame the scopes where another token could be deleted', async () => {
    const error = await errorFor(deleted, notFound, already);
    expect(error?.message).toBe(
      'Mapbox responded with 404 Not Found to the deletion of a token that it lists. Deleted 1 of 3 tokens due for deletion; 1 had been deleted already. The next sweep tries again.',
    );
  });

  it('says what was rejected, and how far the sweep came', async () => {
    const error = await errorFor(deleted, rejected({ status: 422 }), skipped);
    expect(error?.title).toBe('Mapbox rejected the request');
    expect(error?.message).toBe(
      'Mapbox rejected the request with 422. Deleted 1 of 3 tokens due for deletion.',
    );
  });

  it('says what something before Mapbox rejected', async () => {
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

describe('the warning that time was up', () => {
  it('is not needed where all are deleted', () => {
    expect(timeoutWarning([{ kind: 'deleted' }, { kind: 'already-deleted' }])).toBeUndefined();
    expect(timeoutWarning([])).toBeUndefined();
  });

  it('says how far the sweep came', () => {
    expect(timeoutWarning([{ kind: 'deleted' }, { kind: 'skipped' }])).toBe(
      'Time is up. Deleted 1 of 2 tokens due for deletion. The next sweep deletes the others; raise `timeout` to have all deleted in one.',
    );
  });
});

it('names what to do about a `github-token` that GitHub rejects', () => {
  const { title, message } = githubTokenError();
  expect(title).toBe('GitHub rejected the github-token');
  expect(message).toContain('`permissions: actions: read`');
});

it.each([
  ['the list is not found', () => listError({ ...notFound, requestId: 'id-of-it' }, account, clock)],
  ['the list is rejected', () => listError(rejected({ requestId: 'id-of-it' }), account, clock)],
  ['a token is not found', () => deletionError([{ ...notFound, requestId: 'id-of-it' }], account, clock)],
  ['a deletion is rejected', () => deletionError([rejected({ requestId: 'id-of-it' })], account, clock)],
])('names Mapbox’s request id where %s', async (_, error) => {
  expect((await error())?.message).toContain('(request id id-of-it)');
});
