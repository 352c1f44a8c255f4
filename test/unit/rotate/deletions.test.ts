import { describe, expect, it } from 'vitest';
import { buildNote, createMarker } from '../../../src/note.ts';
import { Deadline } from '../../../src/rotate/deadline.ts';
import { deleteOwnOrphans, deleteTokens } from '../../../src/rotate/deletions.ts';
import { accountAfter } from '../../../src/rotate/rotation.ts';
import { Secret } from '../../../src/secret.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  accountOn,
  DELETE,
  deleted,
  GET,
  html,
  noConnection,
  page,
  type ScriptedResponse,
  scripted,
} from '../../support/http-script.ts';
import { stored } from '../../support/minted.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { authorizingToken, idOf, OWNER, tokenText } from '../../support/tokens.ts';
import { run } from '../../support/workflow-run.ts';

/** A rotation about to delete, with a separate authorizing token or none. */
function deleting(isSeparate: boolean, ...responses: readonly ScriptedResponse[]) {
  const client = scripted(...responses);
  const clock = new FakeClock();
  const deadline = new Deadline(clock);
  deadline.restart({ now: clock.now(), monotonic: clock.monotonic(), ids: new Set() });
  const rotation = {
    account: accountOn(client),
    options: retryOptions(clock, 600_000),
    inputs: { isSeparate },
    deadline,
  };
  return { client, rotation, clock };
}

const replacement = {
  token: { ...stored, secret: new Secret(tokenText('sk', { u: OWNER, a: idOf(9) })), id: idOf(9) },
  nonce: 'abcdex1y',
} as const;

const listed = (n: number) => ({
  id: idOf(n),
  usage: 'sk',
  note: '',
  scopes: [],
  allowedUrls: [],
  created: undefined,
  isDefault: false,
  notUnderstood: [],
});

describe('deleteTokens', () => {
  it('deletes the due tokens in order, with the new token', async () => {
    const { client, rotation } = deleting(false, deleted(), deleted());
    const left: (readonly string[])[] = [];
    const account = accountAfter(rotation, replacement);
    expect(await deleteTokens(rotation, account, [listed(2), listed(1)], ids => left.push([...ids]))).toEqual(
      { deleted: [idOf(2), idOf(1)], undeleted: [] },
    );
    expect(left).toEqual([[idOf(1)], []]);
    expect(client.requestLines).toEqual([DELETE(idOf(2)), DELETE(idOf(1))]);
    expect(client.requests.map(({ token }) => token)).toEqual([
      replacement.token.secret,
      replacement.token.secret,
    ]);
  });
  it('uses a separate authorizing token', async () => {
    const { client, rotation } = deleting(true, deleted());
    await deleteTokens(rotation, accountAfter(rotation, replacement), [listed(2)]);
    expect(client.requests[0]?.token).toBe(authorizingToken.secret);
  });
  it('continues after a token that cannot be deleted for 90 s, and gives the reason', async () => {
    const response = ({ path }: { readonly path: string }) =>
      path.endsWith(idOf(1)) ? html(503) : deleted();
    const { rotation, clock } = deleting(false, ...Array(40).fill(response));
    const before = clock.monotonic();
    expect(await deleteTokens(rotation, rotation.account, [listed(1), listed(2)])).toMatchObject({
      deleted: [idOf(2)],
      undeleted: [{ token: { id: idOf(1) }, reason: expect.stringContaining('Mapbox responded with 503') }],
    });
    expect(clock.monotonic() - before).toBeLessThanOrEqual(90_000);
  });
  it('starts no deletion more than half an hour after the list, by either clock', async () => {
    const { rotation, clock, client } = deleting(false, () => {
      clock.advance(1_800_001);
      return deleted();
    });
    expect(await deleteTokens(rotation, rotation.account, [listed(1), listed(2)])).toMatchObject({
      deleted: [idOf(1)],
      undeleted: [{ token: { id: idOf(2) }, reason: expect.stringContaining('half an hour') }],
    });
    expect(client.requestLines).toHaveLength(1);
  });
  it('is also too late if the half hour passes while it connects', async () => {
    const { rotation, clock } = deleting(false, () => {
      clock.advance(1_800_001);
      return noConnection('TOO_LATE');
    });
    const { undeleted } = await deleteTokens(rotation, rotation.account, [listed(1)]);
    expect(undeleted).toMatchObject([{ reason: expect.stringContaining('half an hour') }]);
  });
});

describe('the rotation’s own orphans', () => {
  const note = buildNote(
    'Releases',
    run,
    createMarker({ kind: 'until-job-ends' }, run, replacement.nonce),
  ).note;
  const orphans = {
    apiUrl: 'https://api.mapbox.com/',
    actionPath: '',
    authorizingToken: { id: idOf(0), username: OWNER },
    username: OWNER,
    note,
    nonce: replacement.nonce,
    token: undefined,
    orphans: 1,
  } as const;
  it('are not searched for if no request was lost', async () => {
    const { client, rotation } = deleting(false);
    expect(await deleteOwnOrphans(rotation, { ...replacement, orphans: undefined })).toEqual([]);
    expect(client.requestLines).toEqual([]);
  });
  it('are deleted, but not the replacement', async () => {
    const { client, rotation } = deleting(
      false,
      page([
        { id: idOf(9), note },
        { id: idOf(5), note },
      ]),
      deleted(),
    );
    expect(await deleteOwnOrphans(rotation, { ...replacement, orphans })).toEqual([idOf(5)]);
    expect(client.requestLines).toEqual([GET, DELETE(idOf(5))]);
  });
  it('are left to the post step if the account cannot be searched', async () => {
    const { rotation } = deleting(false, { always: html(503) });
    expect(await deleteOwnOrphans(rotation, { ...replacement, orphans })).toEqual([]);
  });
});
