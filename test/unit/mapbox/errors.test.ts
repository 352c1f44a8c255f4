/** The messages for rejections by Mapbox. */

import { describe, expect, it } from 'vitest';
import { errorTitles } from '../../../src/action-error.ts';
import type { AuthorizingToken } from '../../../src/mapbox/account.ts';
import { rejectionError } from '../../../src/mapbox/errors.ts';
import { rejected } from '../../support/api-results.ts';
import { FakeClock, START } from '../../support/fake-clock.ts';
import {
  accountOn,
  html,
  json,
  notFound,
  page,
  type ScriptedResponse,
  scripted,
} from '../../support/http-script.ts';
import { AUTHORIZING_TOKEN_ID, authorizingToken, idOf } from '../../support/tokens.ts';

const SCOPES = ['tilesets:write', 'uploads:write'];

async function explain(
  changes: Parameters<typeof rejected>[0],
  steps: readonly ScriptedResponse[] = [],
  { username = 'octo', by = authorizingToken }: { username?: string; by?: AuthorizingToken } = {},
) {
  const client = scripted(...steps);
  const account = accountOn(client, { username, authorizingToken: by });
  const { title, message } = await rejectionError(rejected(changes), SCOPES, account, new FakeClock());
  expect(client.unusedResponses(), 'every scripted answer is fetched').toBe(0);
  return { title, message, asked: client.requestLines };
}

describe('401', () => {
  it.each([
    ['TokenRevoked', /revoked: someone deleted it\. Create a new one/],
    ['TokenExpired', /has expired.*Create a new one/],
    ['TokenInvalid', /invalid: its signature is wrong.*Create a new one/],
    ['TokenMalformed', /malformed: Mapbox cannot read it.*Create a new one/],
    ['TokenValid', /but says that the authorizing token is valid\. Run the job again/],
    ['SomethingNew', /did not say why.*malformed, invalid, expired or revoked/],
  ])('is explained by Mapbox’s own %s', async (code, says) => {
    const { title, message, asked } = await explain({ reason: 'unauthorized', status: 401 }, [
      json(200, { code }),
    ]);
    expect([title, message]).toEqual([errorTitles.unauthorized, expect.stringMatching(says)]);
    expect(asked).toEqual(['GET /tokens/v2']);
  });

  it('lists every possible reason if Mapbox gives none', async () => {
    const { message } = await explain({ reason: 'unauthorized', status: 401 }, [html(502)]);
    expect(message).toMatch(/malformed, invalid, expired or revoked/);
  });
});

describe('404', () => {
  it('blames a username that is not the authorizing token’s', async () => {
    const other = { username: 'hexa' };
    const unknown = await explain({ reason: 'no-such-user', status: 404 }, [], other);
    expect(unknown.message).toMatch(/no account `hexa`.*belongs to `octo`.*remove `username`/);
    const missing = await explain({ reason: 'not-found', status: 404 }, [], other);
    expect(missing.message).toMatch(/`username` is `hexa`.*belongs to `octo`/);
  });

  it('reports if Mapbox does not know the account named in its own token', async () => {
    const { message } = await explain({ reason: 'no-such-user', status: 404 });
    expect(message).toMatch(/no account `octo`, although the authorizing token names it/);
  });

  it.each<[string, ScriptedResponse, RegExp]>([
    ['it may not look', notFound(), /usually means that the authorizing token lacks `tokens:write`/],
    [
      'the list shows that it is missing',
      page([{ id: AUTHORIZING_TOKEN_ID, scopes: ['tokens:read'] }]),
      /^Mapbox responded with 404 Not Found\. The authorizing token lacks `tokens:write`/,
    ],
    [
      'the list has it',
      page([{ id: AUTHORIZING_TOKEN_ID, scopes: ['tokens:write'] }]),
      /but it has that scope, so there may be a problem with the account/,
    ],
  ])('checks the list for `tokens:write`: %s', async (_, step, says) => {
    const { title, message } = await explain({ reason: 'not-found', status: 404 }, [step]);
    expect([title, message]).toEqual([errorTitles.notFound, expect.stringMatching(says)]);
  });

  it.each<[string, ScriptedResponse, boolean]>([
    ['may not list tokens', notFound(), true],
    [
      'sees that it lacks `tokens:write`',
      page([{ id: AUTHORIZING_TOKEN_ID, scopes: ['tokens:read'] }]),
      true,
    ],
    [
      'sees that it has `tokens:write`',
      page([{ id: AUTHORIZING_TOKEN_ID, scopes: ['tokens:write'] }]),
      false,
    ],
  ])(
    'suggests an earlier step’s token only if `tokens:write` may be missing: it %s',
    async (_, step, says) => {
      const { message } = await explain({ reason: 'not-found', status: 404 }, [step]);
      expect(message.includes('It may be the token of an earlier step of this action. Pass the secret')).toBe(
        says,
      );
    },
  );
});

it('a 404 for a temporary authorizing token is not blamed on an earlier step’s token', async () => {
  const by: AuthorizingToken = { ...authorizingToken, usage: 'tk', id: undefined };
  const { message } = await explain({ reason: 'not-found', status: 404 }, [], { by });
  expect(message).toMatch(/lacks `tokens:write`\. The scopes of a token cannot be changed/);
});

describe('422 on scopes', () => {
  const change = { reason: 'scopes', status: 422 } as const;

  it('names the missing ones, on whatever page the authorizing token is', async () => {
    const pages = Array.from({ length: 7 }, (_, n) => page([{ id: idOf(n + 1) }], `start=${n}`));
    const { title, message, asked } = await explain(change, [
      ...pages,
      page([{ id: AUTHORIZING_TOKEN_ID, scopes: ['uploads:write'] }]),
    ]);
    expect(title).toBe(errorTitles.scopesRejected);
    expect(message).toMatch(
      /^The authorizing token lacks `tilesets:write`\. A token can grant only scopes it has/,
    );
    expect(asked).toHaveLength(8);
  });

  it('says that the account may lack one if the token has them all', async () => {
    const { message } = await explain(change, [page([{ id: AUTHORIZING_TOKEN_ID, scopes: SCOPES }])]);
    expect(message).toMatch(/although the authorizing token has `tilesets:write`, `uploads:write`/);
  });

  it('advises `tokens:read` only if the list was refused', async () => {
    const refusedList = await explain(change, [notFound()]);
    expect(refusedList.message).toMatch(/lacks at least one of.*If it also has `tokens:read`/);
    const failed = await explain(change, [html(502)]);
    expect(failed.message).not.toContain('tokens:read');
    const notListed = await explain(change, [page([{ id: idOf(1) }])]);
    expect(notListed.message).toMatch(/lacks at least one of/);
    expect(notListed.message).toMatch(/put it into the secret\.$/);
  });

  it('stops looking after ten seconds, however many pages there are', async () => {
    const clock = new FakeClock();
    let asked = 0;
    const account = accountOn({
      async send() {
        asked++;
        clock.advance(3000);
        return page([{ id: idOf(1) }], 'start=a');
      },
    });
    const { message } = await rejectionError(rejected(change), SCOPES, account, clock);
    expect(asked).toBe(4);
    expect(message).toMatch(/lacks at least one of/);
  });
});

describe('the search for the authorizing token’s scopes', () => {
  const change = { reason: 'scopes', status: 422 } as const;

  it('does not start if the token has no ID', async () => {
    const { asked } = await explain(change, [], { by: { ...authorizingToken, id: undefined } });
    expect(asked).toEqual([]);
  });

  it('ends after a hundred pages, however fast they come', async () => {
    const pages = Array.from({ length: 100 }, (_, n) => page([{ id: idOf(n + 1) }], `start=${n}`));
    expect((await explain(change, pages)).message).toMatch(/lacks at least one of/);
  });
});

describe('422 on the expiry', () => {
  it('says which clock is ahead, by how much, and what to do', async () => {
    const serverDate = new Date(START - 90_000);
    const { title, message } = await explain({ reason: 'expires-too-late', serverDate });
    expect(title).toBe(errorTitles.expiryRejected);
    expect(message).toMatch(
      /more than one hour from now: the runner's clock is 90 s ahead of Mapbox's \(runner 2026-01-02T03:04:05.000Z, Mapbox 2026-01-02T03:02:35.000Z\).*`lifetime: job`/,
    );
    const behind = await explain({ reason: 'expires-in-past', serverDate: new Date(START + 90_000) });
    expect(behind.message).toMatch(/in the past: the runner's clock is 90 s behind Mapbox's/);
    const least = await explain({ reason: 'expires-in-past', serverDate: new Date(START - 2_000) });
    expect(least.message).toContain("the runner's clock is 2 s ahead of Mapbox's");
  });

  it('does not blame clocks that agree or are unknown', async () => {
    const same = await explain({ reason: 'expires-in-past', serverDate: new Date(START) });
    expect(same.message).toContain('although the clocks agree');
    expect((await explain({ reason: 'expires-in-past' })).message).toContain("Check the runner's clock");
  });

  it('gives the expiry of the authorizing token', async () => {
    const by: AuthorizingToken = {
      ...authorizingToken,
      usage: 'tk',
      id: undefined,
      expiresAt: new Date(START),
    };
    const { message } = await explain({ reason: 'expires-after-authorizing-token' }, [], { by });
    const unknown = await explain({ reason: 'expires-after-authorizing-token' });
    expect(unknown.message).toContain('the authorizing token, a temporary one. Choose');
    expect(message).toMatch(/one that expires at 2026-01-02T03:04:05.000Z\. Choose a shorter `lifetime`/);
  });
});

describe('a response that is not from Mapbox', () => {
  it('is reported with its status and kind', async () => {
    const { title, message } = await explain({
      status: 403,
      reason: 'forbidden',
      isApiError: false,
      bodyDescription: 'an HTML page',
    });
    expect(title).toBe(errorTitles.unexpectedResponse);
    expect(message).toMatch(/responded with 403 and an HTML page, .*Check `api-url` and the proxy/);
  });

  it('is described as a redirect that is not followed', async () => {
    const { title, message } = await explain({ status: 302, reason: 'redirect', isApiError: false });
    expect(title).toBe(errorTitles.unexpectedResponse);
    expect(message).toMatch(/responded with 302, a redirect\. Redirects are not followed/);
  });
});

it('explains with 403 that URL restrictions do not work from a workflow', async () => {
  const { title, message } = await explain({ status: 403, reason: 'forbidden' });
  expect([title, message]).toEqual([
    errorTitles.requestRejected,
    expect.stringMatching(/restricted to URLs, which does not work from a workflow.*Check both on https:/),
  ]);
});

it('explains with other rejections which inputs to check', async () => {
  const { message } = await explain({ status: 400, reason: 'other' });
  expect(message).toMatch(/rejected the request with 400\. Check `allowed-urls`, `note` and `scopes`/);
});

it('Mapbox’s request ID is given, for questions to Mapbox', async () => {
  const { message } = await explain({ reason: 'forbidden', status: 403, requestId: 'abc==' });
  expect(message).toMatch(/403 Forbidden.* Mapbox's request id: abc==$/);
  expect((await explain({ reason: 'forbidden', status: 403 })).message).not.toContain('request id');
});

it('a request that is too large is described as such, whatever the status', async () => {
  for (const status of [413, 414]) {
    const { title, message } = await explain({ reason: 'too-large', status });
    expect(title).toBe(errorTitles.requestRejected);
    expect(message).toBe(
      `The request is too large for Mapbox or for a proxy in between (${status}). Shorten \`allowed-urls\`.`,
    );
  }
});

it('a 403 about scopes is reported as 403, with who can create a token that has them', async () => {
  const { message } = await explain({ reason: 'not-found', status: 403 }, [notFound()]);
  expect(message).toContain('403');
  expect(message).not.toContain('404 Not Found');
  expect(message).toMatch(/Only an administrator/);
});
