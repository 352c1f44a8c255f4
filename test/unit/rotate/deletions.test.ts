import { expect, it } from 'vitest';
import type { GithubResult } from '../../../src/github/client.ts';
import type { Orphan } from '../../../src/rotate/chain.ts';
import { askAboutOrphans } from '../../../src/rotate/deletions.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { rejected, scriptedGithub, success } from '../../support/scripted-github.ts';
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
