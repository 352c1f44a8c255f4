import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../../src/http/response.ts';
import { validateToken } from '../../../src/mapbox/validate.ts';
import { accountOn, html, json, scripted, textResponse, truncated } from '../../support/http-script.ts';
import { authorizingToken } from '../../support/tokens.ts';

const validate = (response: HttpResponse) => validateToken(accountOn(scripted(response)), 1000);

it('validates the authorizing token with itself', async () => {
  const client = scripted(json(200, { code: 'TokenValid' }));
  await validateToken(accountOn(client), 1234);
  expect(client.requestLines).toEqual(['GET /tokens/v2']);
  expect(client.requests[0]?.token).toBe(authorizingToken.secret);
  expect(client.timeouts).toEqual([1234]);
});

it.each(['TokenValid', 'TokenMalformed', 'TokenInvalid', 'TokenExpired', 'TokenRevoked'])(
  'gives %s, whatever else is in the response',
  async code => {
    expect(await validate(json(200, { code, token: { usage: 'sk' }, other: 1 }))).toMatchObject({
      kind: 'success',
      value: code,
    });
  },
);

describe('gives no status after', () => {
  it.each([
    ['an unknown code', json(200, { code: 'TokenSuspended' })],
    ['a code that is not a string', json(200, { code: ['TokenValid'] })],
    ['no code', json(200, {})],
    ['a text', json(200, 'TokenValid')],
    ['a page', html(200)],
    ['nothing', textResponse(204, '')],
    ['an early end', truncated(200, { code: 'TokenValid' })],
  ])('%s', async (_, response) => {
    expect(await validate(response)).toMatchObject({ kind: 'indeterminate', cause: { kind: 'unreadable' } });
  });

  it('a rejection, whose code is not about the token', async () => {
    expect(await validate(json(422, { message: 'x', code: 'TokenValid' }))).toMatchObject({
      kind: 'rejected',
    });
  });
});
