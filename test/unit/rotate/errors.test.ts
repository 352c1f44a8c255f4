import { describe, expect, it } from 'vitest';
import { ActionError, errorTitles } from '../../../src/action-error.ts';
import type { Retryable } from '../../../src/api/result.ts';
import {
  clocksError,
  explainOldRun,
  type GithubPurpose,
  githubError,
  missingScopesError,
  notCopyableError,
  notListedError,
  outdatedError,
} from '../../../src/rotate/errors.ts';
import type { Place } from '../../../src/rotate/places.ts';
import { Secret } from '../../../src/secret.ts';

const repository: Place = {
  owner: ['repos', 'octo', 'maps'],
  environment: undefined,
  app: 'actions',
  secret: 'N',
};
const site: Place = { ...repository, owner: ['repos', 'octo', 'site'] };
const codespaces: Place = { ...repository, app: 'codespaces' };
const organization: Place = { ...repository, owner: ['orgs', 'octo'] };

const NO_PERMISSION = 'Resource not accessible by integration';

const error = (
  status: number,
  question: GithubPurpose,
  {
    place = repository,
    reason = undefined as string | undefined,
    acceptedPermissions = undefined as string | undefined,
    needsSso = false,
  } = {},
) =>
  githubError(
    {
      kind: 'rejected',
      isApiError: true,
      bodyDescription: '',
      requestId: undefined,
      status,
      reason,
      acceptedPermissions,
      needsSso,
    },
    place,
    question,
    'octo/maps',
  );

const exhausted = (last: Retryable) =>
  ({ kind: 'retries-exhausted', service: 'GitHub', last, attempts: 3, elapsed: 9_000 }) as const;

describe('a rejection', () => {
  it.each<[number, GithubPurpose, string, RegExp]>([
    [401, 'key', 'GitHub rejected the github-token', /is valid for one hour/],
    [301, 'key', 'GitHub secret not found', /a redirect: the repository was renamed/],
    [404, 'secret', 'GitHub secret not found', /cannot find the secret.*does not create secrets/],
    [422, 'put', 'Unexpected response from GitHub', /rejected the new value/],
    [410, 'put', 'Unexpected response from GitHub', /with 410\.$/],
    [400, 'put', 'Unexpected response from GitHub', /with 400\.$/],
    [403, 'secret', 'Secret not updated', /Possible causes: octo\/maps does not exist/],
    [302, 'key', 'GitHub secret not found', /a redirect\. Possible causes: .*login page/],
  ])('with %i to the %s is "%s"', (status, question, title, message) => {
    expect(error(status, question)).toMatchObject({ title, message: expect.stringMatching(message) });
  });

  it('reports a missing permission only in GitHub’s own words', () => {
    expect(error(403, 'put', { reason: NO_PERMISSION })).toMatchObject({
      title: 'GitHub permission missing',
      message: expect.stringMatching(
        /: "Resource not accessible by integration"\. `github-token` lacks a permission\. It needs \*Secrets: write\* \(`permission-secrets: write` .*\), for octo\/maps\. The job's own `GITHUB_TOKEN` cannot have it\.$/,
      ),
    });
    const unclear = error(404, 'key', { reason: 'Not Found' });
    expect(unclear.title).toBe('GitHub secret not found');
    expect(unclear.message).toMatch(
      /with 404: "Not Found"\. Possible causes: .*does not exist.*not installed.*permission/,
    );
    expect(error(403, 'put').title).toBe('Secret not updated');
  });

  it.each([
    [
      'the `octo` organization has an IP allow list enabled, and your IP address is not permitted',
      /allow list does not include the runner's address/,
    ],
    ['Resource protected by organization SAML enforcement.', /single sign-on/],
    ['Repository was archived so is read-only.', /octo\/maps is archived.*unarchive it/],
    ['This installation has been suspended', /GitHub App installation is suspended/],
  ])('quotes GitHub’s reason and gives advice: %s', (reason, advice) => {
    const { title, message } = error(403, 'put', { reason });
    expect(title).toBe('Secret not updated');
    expect(message).toContain(`: "${reason.replace(/\.$/, '')}". `);
    expect(message).toMatch(advice);
    expect(message).not.toMatch(/permission|installed/);
  });

  it.each([422, 451])('quotes GitHub’s reason for a %i', status => {
    expect(error(status, 'put', { reason: 'Some reason.' }).message).toContain(`${status}: "Some reason".`);
  });

  it.each(['Sorry. Your account was suspended.', 'Must have admin rights to octo/archived-maps'])(
    'does not guess a cause from a single word: %s',
    reason => {
      expect(error(403, 'put', { reason }).message).toContain(
        `"${reason.replace(/\.$/, '')}". Possible causes: the secret was deleted during this run; octo/maps does not exist`,
      );
    },
  );

  it('does not say that an organization’s repository was renamed', () => {
    expect(error(301, 'key', { place: organization }).message).not.toContain('the repository');
  });

  it('names single sign-on if only a header requires it', () => {
    expect(error(403, 'key', { needsSso: true }).message).toContain('single sign-on');
  });

  it('names the inputs of the app’s step if another repository is hidden', () => {
    const words = /Without `owner` and `repositories`, actions\/create-github-app-token/;
    expect(error(404, 'key', { place: site, reason: 'Not Found' }).message).toMatch(words);
    expect(error(403, 'put', { place: site, reason: NO_PERMISSION }).message).toMatch(words);
    expect(error(404, 'key', { reason: 'Not Found' }).message).not.toMatch(words);
  });

  it('names the permission that GitHub requires', () => {
    const { message } = error(403, 'put', { reason: NO_PERMISSION, acceptedPermissions: 'secrets=write' });
    expect(message).toContain('GitHub asks for `secrets=write`.');
  });

  it('says that even reading Codespaces secrets needs write access', () => {
    expect(error(403, 'key', { place: codespaces }).message).toContain('even reading requires write access');
    expect(error(403, 'key').message).not.toContain('even reading');
    const both = { ...codespaces, owner: organization.owner };
    expect(error(403, 'key', { place: both }).message).not.toContain('even reading');
  });

  it('names the organization', () => {
    expect(error(404, 'key', { place: organization }).message).toMatch(/the organization octo.*for octo\./);
  });
});

const token = {
  id: 'cone1',
  usage: 'sk',
  note: '',
  scopes: [],
  allowedUrls: [],
  created: undefined,
  isDefault: false,
  notUnderstood: ['allowedApplications', 'allowed\n::error::', 'x'.repeat(50)],
};

it('names the fields that prevent copying a token', () => {
  const { title, message } = notCopyableError(token);
  expect(title).toBe('Token cannot be copied');
  expect(message).toMatch(
    /cone1 has `allowedApplications`, `allowed ::error::`, `x{40}`, .* less restricted.* by hand on https:/,
  );
});

it('names the scopes that a new authorizing token needs', () => {
  expect(missingScopesError(token, ['tokens:read', 'styles:read']).message).toMatch(
    /lacks `tokens:read`, `styles:read`\. .*cone1, it needs `tokens:read`, `tokens:write` and every scope.* Create one .* on https:/,
  );
});

it('explains a token that is not in the account, which is gone or was replaced', () => {
  const rotated = { secret: new Secret('x'), usage: 'sk', id: 'cone1', username: 'octo' } as const;
  const { title, message } = notListedError(rotated);
  expect(title).toBe('Token to rotate not found');
  expect(message).toMatch(/cone1, .* `token`, .* account octo: .*start a new run\. .* by hand on https:/);
});

it('adds to an error that a newer run may have the new token', () => {
  const error = new ActionError(errorTitles.unauthorized, 'Rejected.');
  expect(explainOldRun(error)).toMatchObject({
    title: error.title,
    message: expect.stringMatching(/^Rejected\. A run sees .* start a new run\.$/),
  });
});

it('shows the times of clocks that differ', () => {
  const [mapbox, github, runner] = [
    '2026-01-01T00:05:00.000Z',
    '2026-01-01T00:00:00.000Z',
    '2026-01-02T00:00:00.000Z',
  ];
  const { title, message } = clocksError(Date.parse(mapbox), Date.parse(github), Date.parse(runner));
  expect(title).toBe('Secret not updated');
  expect(message).toContain(`Mapbox's says ${mapbox}, GitHub's ${github}, and this machine's ${runner}.`);
  expect(message).toMatch(/Nothing was changed\. Start a new run later\.$/);
});

it('names both tokens and the causes of an outdated run', () => {
  const { message } = outdatedError(token, { ...token, id: 'ctwo2' }, [{ place: repository }]);
  expect(message).toMatch(/cone1, but ctwo2, .* may have been put into the secret `N` of octo\/maps/);
  for (const cause of [
    'not a re-run',
    'not the secret that the inputs name',
    'Terraform',
    '`ignore_changes`',
    'a clock was wrong',
  ])
    expect(message).toContain(cause);
  expect(message).toMatch(/create a token by hand .*delete cone1 and ctwo2/);
});

it.each<[Retryable, string]>([
  [{ kind: 'not-sent', code: 'ENOTFOUND' }, 'Could not reach GitHub'],
  [
    { kind: 'rate-limited', status: 403, retryAfter: 5, interval: 5, estimated: false },
    'GitHub rate limit exceeded',
  ],
  [
    { kind: 'indeterminate', cause: { kind: 'server-error', status: 502, bodyDescription: 'an error' } },
    'GitHub server error',
  ],
  [
    { kind: 'indeterminate', cause: { kind: 'unreadable', status: 200, bodyDescription: 'x' } },
    'Unexpected response from GitHub',
  ],
])('%o is "%s", and names GitHub', (last, title) => {
  const failure = githubError(exhausted(last), repository, 'put', 'octo/maps');
  expect(failure.title).toBe(title);
  expect(failure.message).toMatch(
    /^The secret `N` of octo\/maps could not be updated\. .*Gave up after 3 attempts/,
  );
  expect(failure.message).not.toContain('Mapbox');
  const unread = githubError(exhausted(last), repository, 'key', 'octo/maps');
  expect(unread.message).toMatch(/^The secret `N` of octo\/maps could not be read\. /);
});
