import { describe, expect, it } from 'vitest';
import type { Retryable } from '../../../src/api/result.ts';
import { type GithubQuestion, githubError } from '../../../src/rotate/github-errors.ts';
import type { Place } from '../../../src/rotate/places.ts';

const repository = { kind: 'repository', owner: 'octo', repo: 'maps', app: 'actions', secret: 'N' } as const;
const codespaces: Place = { ...repository, app: 'codespaces' };
const organization: Place = { kind: 'organization', organization: 'octo', app: 'actions', secret: 'N' };

const error = (
  status: number,
  question: GithubQuestion,
  place: Place = repository,
  acceptedPermissions?: string,
) =>
  githubError(
    {
      kind: 'rejected',
      isApiError: true,
      bodyDescription: '',
      requestId: undefined,
      status,
      acceptedPermissions,
    },
    place,
    question,
  );

const exhausted = (last: Retryable) =>
  ({ kind: 'retries-exhausted', service: 'GitHub', last, attempts: 3, elapsed: 9_000 }) as const;

describe('a rejection', () => {
  it.each<[number, GithubQuestion, string, RegExp]>([
    [401, 'key', 'GitHub rejected the github-token', /lives for an hour/],
    [301, 'key', 'GitHub secret not found', /a redirect: the repository has another name/],
    [404, 'secret', 'GitHub secret not found', /no such secret.*creates no new secret/],
    [404, 'key', 'GitHub permission missing', /or there is no such place: the repository octo\/maps/],
    [403, 'put', 'GitHub permission missing', /\*Secrets: write\* \(`permission-secrets: write`/],
    [422, 'put', 'Unexpected response from GitHub', /does not take the new value/],
    [409, 'put', 'Unexpected response from GitHub', /with 409\.$/],
  ])('with %i to the %s is "%s"', (status, question, title, message) => {
    expect(error(status, question)).toMatchObject({ title, message: expect.stringMatching(message) });
  });

  it('names what GitHub asks for, and nothing else that GitHub wrote', () => {
    expect(error(403, 'put', repository, 'secrets=write').message).toContain(
      'GitHub asks for `secrets=write`.',
    );
    expect(error(403, 'put', repository, '`\n::error::x').message).not.toMatch(/::error|\n/);
  });

  it('says that Codespaces need write access to read', () => {
    expect(error(403, 'key', codespaces).message).toContain('even reading needs write access');
    expect(error(403, 'key').message).not.toContain('even reading');
  });

  it('names the organization', () => {
    expect(error(404, 'key', organization).message).toMatch(/the organization octo.*for octo\./);
  });
});

it.each<[Retryable, string]>([
  [{ kind: 'not-sent', code: 'ENOTFOUND' }, 'Could not reach GitHub'],
  [{ kind: 'rate-limited', retryAfter: 5, interval: 5, estimated: false }, 'GitHub rate limit exceeded'],
  [
    { kind: 'indeterminate', cause: { kind: 'server-error', status: 502, bodyDescription: 'an error' } },
    'GitHub server error',
  ],
  [
    { kind: 'indeterminate', cause: { kind: 'unreadable', status: 200, bodyDescription: 'x' } },
    'Unexpected response from GitHub',
  ],
])('%o is "%s", and names GitHub', (last, title) => {
  const failure = githubError(exhausted(last), repository, 'put');
  expect(failure.title).toBe(title);
  expect(failure.message).toMatch(
    /^The secret `N` of octo\/maps could not be updated\. .*Gave up after 3 attempts/,
  );
  expect(failure.message).not.toContain('Mapbox');
});
