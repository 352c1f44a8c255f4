import { expect, it } from 'vitest';
import { deleteToken } from '../../../src/mapbox/delete.ts';
import {
  accountOn,
  DELETE,
  deleted,
  html,
  json,
  notFound,
  scripted,
  textResponse,
} from '../../support/http-script.ts';
import { authorizingToken, idOf } from '../../support/tokens.ts';

const ID = idOf(1);

it('deletes the token with the authorizing token, by its id, with one request', async () => {
  const client = scripted(deleted());
  expect(await deleteToken(accountOn(client), ID, 1234)).toEqual({ kind: 'success', value: 'deleted' });
  expect(client.requestLines).toEqual([DELETE(ID)]);
  expect(client.requests[0]).toEqual({
    method: 'DELETE',
    path: `/tokens/v2/octo/${ID}`,
    token: authorizingToken.secret,
    kind: { deletionOf: ID },
  });
  expect(client.timeouts).toEqual([1234]);
});

it.each([
  ['200', textResponse(200, '')],
  ['200 and a token', json(200, { id: ID })],
  ['200 and a page', html(200)],
  ['202', textResponse(202, '')],
  ['205', textResponse(205, '')],
])('does not take %s for a deletion', async (_, response) => {
  expect(await deleteToken(accountOn(scripted(response)), ID, 1000)).toMatchObject({
    kind: 'indeterminate',
    cause: { kind: 'unreadable' },
  });
});

it('reports 404 unchanged, since a forbidden deletion gets the same', async () => {
  expect(await deleteToken(accountOn(scripted(notFound())), ID, 1000)).toMatchObject({
    kind: 'rejected',
    status: 404,
    isApiError: true,
  });
});

it.each(['', '../other', 'abc/def', `${ID}?a=b`])('sends nothing for the invalid ID %j', async id => {
  const client = scripted();
  await expect(deleteToken(accountOn(client), id, 1000)).rejects.toThrow(RangeError);
  expect(client.requests).toEqual([]);
});
