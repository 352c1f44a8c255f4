import { describe, expect, it } from 'vitest';
import type { GithubClient, GithubResult } from '../../../src/github/client.ts';
import { buildNote, createMarker } from '../../../src/note.ts';
import type { Orphan } from '../../../src/rotate/chain.ts';
import { askAboutOrphans, deleteDue, deleteOwnOrphans } from '../../../src/rotate/deletions.ts';
import { Secret } from '../../../src/secret.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  accountOn,
  DELETE,
  deleted,
  GET,
  html,
  page,
  type ScriptedResponse,
  scripted,
} from '../../support/http-script.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { rejected, scriptedGithub, success } from '../../support/scripted-github.ts';
import { authorizingToken, idOf, OWNER, tokenText } from '../../support/tokens.ts';
import { run } from '../../support/workflow-run.ts';

const orphan = (repository = '123456789'): Orphan => ({
  token: {
    id: 'corph0',
    usage: 'sk',
    note: '',
    scopes: [],
    allowedUrls: [],
    created: undefined,
    isDefault: false,
  },
  marker: {
    purpose: { kind: 'replaces', replaced: 'cprev0', original: undefined },
    repository,
    runId: '77',
    attempt: '2',
    nonce: 'abcdex1y',
  },
});

const state = (status: string) => success({ id: 77, run_attempt: 2, status });

async function ask(orphans: readonly Orphan[], ...responses: readonly GithubResult[]) {
  const github = scriptedGithub(...responses);
  const reasonOf = await askAboutOrphans({ github, run, options: retryOptions(new FakeClock()) }, orphans);
  return { reasons: orphans.map(reasonOf), requests: github.requests };
}

it('asks nothing where there are no orphans', async () => {
  expect((await ask([])).requests).toEqual([]);
});

it.each([
  ['may go once its run is over', state('completed'), undefined],
  ['stays while its run is going on', state('in_progress'), 'run-in-progress'],
  ['stays where GitHub does not say', rejected(403), 'run-unknown'],
])('an orphan %s', async (_, response, reason) => {
  expect((await ask([orphan()], response)).reasons).toEqual([reason]);
});

it('asks once about each run attempt', async () => {
  expect((await ask([orphan(), orphan()], state('completed'))).requests).toHaveLength(1);
});

it('asks nothing about the runs of another repository, whose orphans stay', async () => {
  const { reasons, requests } = await ask([orphan('5')]);
  expect([reasons, requests]).toEqual([['run-unknown'], []]);
});

const ownState = success({ id: Number(run.id), run_attempt: Number(run.attempt), status: 'in_progress' });

it('lets an orphan of a deleted run go: GitHub knows the run that asks, and not that one', async () => {
  expect((await ask([orphan()], rejected(404), ownState)).reasons).toEqual([undefined]);
});

it('spends at most half of the time that is left on asking', async () => {
  const clock = new FakeClock();
  clock.advance(100_000);
  const timeouts: number[] = [];
  const github: GithubClient = {
    async send(_route, _parameters, timeoutMs) {
      timeouts.push(timeoutMs);
      return state('completed');
    },
  };
  await askAboutOrphans({ github, run, options: retryOptions(clock, 60_000) }, [orphan()]);
  expect(timeouts).toEqual([30_000]);
});

/** A rotation that has come to its deletions, of a token that authorizes itself or not. */
function deleting(isSeparate: boolean, ...responses: readonly ScriptedResponse[]) {
  const client = scripted(...responses);
  const rotation = {
    account: accountOn(client),
    options: retryOptions(new FakeClock(), 60_000),
    inputs: { isSeparate },
  };
  return { client, rotation };
}

const replacement = {
  token: {
    usage: 'sk',
    secret: new Secret(tokenText('sk', { u: OWNER, a: idOf(9) })),
    username: OWNER,
    scopes: [],
    id: idOf(9),
    note: '',
  },
  nonce: 'abcdex1y',
} as const;

const listed = (id: string) => ({ ...orphan().token, id });

describe('deleting', () => {
  it('deletes what is due with the powers of the new token, in order', async () => {
    const { client, rotation } = deleting(false, deleted(), deleted());
    expect(await deleteDue(rotation, replacement, [listed(idOf(2)), listed(idOf(1))])).toEqual({
      deleted: [idOf(2), idOf(1)],
      left: [],
      failure: undefined,
    });
    expect(client.requestLines).toEqual([DELETE(idOf(2)), DELETE(idOf(1))]);
    expect(client.requests.map(({ token }) => token)).toEqual([
      replacement.token.secret,
      replacement.token.secret,
    ]);
  });
  it('uses an authorizing token of its own', async () => {
    const { client, rotation } = deleting(true, deleted());
    await deleteDue(rotation, replacement, [listed(idOf(2))]);
    expect(client.requests[0]?.token).toBe(authorizingToken.secret);
  });
  it('ends with the first that cannot be deleted, and says why', async () => {
    const { rotation } = deleting(false, deleted(), { always: html(503) });
    const due = [1, 2, 3].map(n => listed(idOf(n)));
    expect(await deleteDue(rotation, replacement, due)).toEqual({
      deleted: [idOf(1)],
      left: due.slice(1).map(token => ({ token, reason: 'not-deleted' })),
      failure: expect.stringContaining('503'),
    });
  });
});

describe('orphans of the rotation itself', () => {
  const note = buildNote(
    'Releases',
    run,
    createMarker({ kind: 'until-job-ends' }, run, replacement.nonce),
  ).note;
  const orphans = {
    phase: 'stored',
    cleanup: {
      apiUrl: 'https://api.mapbox.com/',
      actionPath: '',
      authorizingToken: { id: idOf(0), username: OWNER },
      username: OWNER,
      note,
      nonce: replacement.nonce,
      token: undefined,
      orphans: 1,
    },
  } as const;
  it('are not searched for where no request was lost', async () => {
    const { client, rotation } = deleting(false);
    expect(await deleteOwnOrphans(rotation, { ...replacement, orphans: undefined })).toEqual([]);
    expect(client.requestLines).toEqual([]);
  });
  it('are deleted, and not the replacement', async () => {
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
  it('are left to the post step where the account cannot be searched', async () => {
    const { rotation } = deleting(false, { always: html(503) });
    expect(await deleteOwnOrphans(rotation, { ...replacement, orphans })).toEqual([]);
  });
});
