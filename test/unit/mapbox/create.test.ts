import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../../src/http/response.ts';
import { createStoredToken, createTemporaryToken } from '../../../src/mapbox/create.ts';
import type { Secret } from '../../../src/secret.ts';
import {
  accountOn,
  html,
  json,
  lostResponse,
  POST,
  scripted,
  textResponse,
  truncated,
} from '../../support/http-script.ts';
import { authorizingToken, idOf, OWNER, tokenText } from '../../support/tokens.ts';

const params = { scopes: ['tilesets:read', 'tilesets:write'], note: 'Release', allowedUrls: [] };
const token = tokenText('sk', { u: OWNER, a: idOf(1) });

async function create(response: HttpResponse) {
  const masks: string[] = [];
  const account = accountOn(scripted(response), {
    mask: (secret: Secret) => void masks.push(secret.reveal()),
  });
  return { result: await createStoredToken(account, params, 1000), masks };
}

describe('the request', () => {
  it('for a stored token has its scopes and note only', async () => {
    const client = scripted(json(201, { token }));
    await createStoredToken(accountOn(client), params, 1234);
    expect(client.requestLines).toEqual([POST]);
    expect(client.requests[0]?.token).toBe(authorizingToken.secret);
    expect(client.requests[0]?.body).toEqual({ scopes: params.scopes, note: 'Release' });
    expect(client.timeouts).toEqual([1234]);
  });

  it('has the allowed URLs unchanged, if there are any', async () => {
    const client = scripted(json(201, { token }));
    const allowedUrls = ['example.com', 'http://localhost:*'];
    await createStoredToken(accountOn(client), { ...params, allowedUrls }, 1000);
    expect(client.requests[0]?.body).toEqual({ scopes: params.scopes, note: 'Release', allowedUrls });
  });

  it('for a temporary token has its scopes and expiry only, because Mapbox refuses other fields', async () => {
    const client = scripted(json(201, { token }));
    const expires = new Date('2026-01-02T03:24:05.678Z');
    await createTemporaryToken(accountOn(client), { scopes: params.scopes, expires }, 1000);
    expect(client.requestLines).toEqual([POST]);
    expect(client.requests[0]?.body).toEqual({ scopes: params.scopes, expires: '2026-01-02T03:24:05.678Z' });
  });
});

describe('the response', () => {
  it('is parsed, both the token’s text and the fields beside it', async () => {
    const { result } = await create(
      json(
        201,
        {
          token,
          id: idOf(1),
          usage: 'sk',
          scopes: params.scopes,
          note: 'Release',
          allowedUrls: ['example.com'],
          created: '2026-01-02T03:04:05.000Z',
          issued_at: '2026-01-02T03:04:06.000Z',
          expires: '2026-01-02T03:24:05.000Z',
          somethingNew: true,
        },
        { date: 'Fri, 02 Jan 2026 03:04:07 GMT' },
      ),
    );
    if (result.kind !== 'success') throw new Error(result.kind);
    const { secret, ...rest } = result.value;
    expect(secret.reveal()).toBe(token);
    expect(rest).toEqual({
      claims: {
        usage: 'sk',
        username: OWNER,
        id: idOf(1),
        issuedAt: undefined,
        expiresAt: undefined,
        scopes: undefined,
      },
      id: idOf(1),
      usage: 'sk',
      scopes: params.scopes,
      note: 'Release',
      allowedUrls: ['example.com'],
      created: new Date('2026-01-02T03:04:05Z'),
      issuedAt: new Date('2026-01-02T03:04:06Z'),
      expires: new Date('2026-01-02T03:24:05Z'),
      serverDate: new Date('2026-01-02T03:04:07Z'),
    });
  });

  it.each([
    ['soon', 5],
    [5, 'soon'],
  ])('has no fields of a wrong type, so that the verification misses them: %#', async (issued, expires) => {
    const { result } = await create(
      json(201, {
        token,
        id: 7,
        usage: ['sk'],
        scopes: ['a', 1],
        note: null,
        allowedUrls: 'x',
        created: 5,
        issued_at: issued,
        expires,
      }),
    );
    expect(result).toMatchObject({
      kind: 'success',
      value: {
        id: undefined,
        usage: undefined,
        scopes: undefined,
        note: '',
        allowedUrls: undefined,
        created: undefined,
        issuedAt: undefined,
        expires: undefined,
        serverDate: undefined,
      },
    });
  });

  it.each([{}, { allowedUrls: null }, { allowedUrls: [] }])('allows all URLs with %j', async urls => {
    const { result } = await create(json(201, { token, ...urls }));
    expect(result).toMatchObject({ value: { allowedUrls: [] } });
  });

  it('with an invalid token text has no claims, and the text is masked', async () => {
    const { result, masks } = await create(json(201, { token: 'a new kind of token' }));
    expect(result).toMatchObject({ kind: 'success', value: { claims: undefined } });
    expect(masks).toEqual(['a new kind of token']);
  });

  it.each([
    ['no token', json(201, { id: idOf(1) })],
    ['an empty token', json(201, { token: '' })],
    ['a token that is not a string', json(201, { token: { text: token } })],
    ['a list', json(201, [{ token }])],
    ['a page', html(201)],
    ['a token but an early end', truncated(201, { token })],
    ['nothing', textResponse(201, '')],
  ])('with %s may have created an unknown token', async (_, response) => {
    const { result } = await create(response);
    expect(result).toMatchObject({ kind: 'indeterminate', cause: { kind: 'unreadable' } });
  });
});

describe('every token in a response is masked', () => {
  const other = tokenText('pk', { u: OWNER, a: idOf(2) });

  it.each([
    ['in a good one', json(201, { token })],
    ['in one that cannot be parsed', textResponse(201, `{"token":"${token}"`)],
    ['in a rejection', json(422, { message: `${token} is not allowed` })],
    ['in a server error', textResponse(503, `upstream said ${token}`)],
  ])('%s', async (_, response) => {
    const { masks } = await create(response);
    expect(masks).toContain(token);
  });

  it('and so is another token beside it', async () => {
    const { masks } = await create(json(201, { token, note: other }));
    expect(masks).toEqual(expect.arrayContaining([token, other]));
  });
});

it('a response that never arrived masks nothing, and may have created a token', async () => {
  const masks: string[] = [];
  const account = accountOn(scripted(lostResponse()), { mask: secret => void masks.push(secret.reveal()) });
  expect(await createStoredToken(account, params, 1000)).toMatchObject({ kind: 'indeterminate' });
  expect(masks).toEqual([]);
});
