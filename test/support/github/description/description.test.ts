/** The check against GitHub's published description accepts valid and finds invalid requests and responses. */
import { describe, expect, it } from 'vitest';
import type { GithubRequest } from '../message.ts';
import { exampleText, OPERATIONS, requestProblems, responseProblems } from './check.ts';

const PLACE = '/repos/octo-org/maps/actions/secrets/NAME';
const SECRET = { name: 'NAME', created_at: '2026-01-10T14:59:22Z', updated_at: '2026-01-10T14:59:22Z' };

function request(method: string, target: string, body?: unknown, type = 'application/json'): GithubRequest {
  if (body === undefined) return { method, target, headers: {}, body: '' };
  return { method, target, headers: { 'content-type': type }, body: JSON.stringify(body) };
}

describe('api.json', () => {
  it('has all operations on secrets for each app, the environments, the run attempt and its jobs', () => {
    expect(OPERATIONS).toHaveLength(3 * 7 + 3 + 2);
    expect(OPERATIONS.filter(({ body }) => body !== undefined)).toHaveLength(3 * 2 + 1);
    expect(OPERATIONS.filter(({ documentation }) => !documentation.startsWith('https://docs.'))).toEqual([]);
  });
});

describe('a request', () => {
  const put = { encrypted_value: 'YWJj', key_id: '1' };

  it.each([
    ['to read a secret', request('GET', PLACE)],
    ['for a page', request('GET', '/orgs/o/codespaces/secrets/N/repositories?per_page=100&page=2')],
    ['to put', request('PUT', PLACE, put, 'application/json; charset=utf-8')],
    ['for an attempt', request('GET', '/repos/o/r/actions/runs/7/attempts/1?exclude_pull_requests=true')],
  ])('%s is valid', (_, asked) => {
    expect(requestProblems(asked)).toEqual([]);
  });

  it.each([
    ['another method', request('DELETE', PLACE), 'not among the operations'],
    [
      'an environment for Dependabot',
      request('GET', '/repos/o/r/environments/e/dependabot/secrets/N'),
      'not',
    ],
    ['an unknown parameter', request('GET', `${PLACE}?page=2`), 'no parameter page in the query'],
    [
      'a page that is not a number',
      request('GET', `/orgs/o/actions/secrets/N/repositories?page=x`),
      'integer',
    ],
    [
      'a run that is not a number',
      request('GET', '/repos/o/r/actions/runs/x/attempts/1'),
      'run_id is no integer',
    ],
    ['a body for GET', request('GET', PLACE, {}), 'a body where none is described'],
    ['a body that is not sent as JSON', request('PUT', PLACE, put, 'text/plain'), 'not sent as JSON'],
    ['no key', request('PUT', PLACE, { encrypted_value: 'YWJj' }), "required property 'key_id'"],
    ['a wrong name', request('PUT', PLACE, { ...put, value: 'x' }), '"additionalProperty":"value"'],
    ['a key that is a number', request('PUT', PLACE, { ...put, key_id: 1 }), 'must be string'],
    ['an unencrypted value', request('PUT', PLACE, { ...put, encrypted_value: 'a.b' }), 'must match pattern'],
    ['an organization’s without visibility', request('PUT', '/orgs/o/actions/secrets/N', put), 'visibility'],
  ])('with %s is invalid', (_, asked, problem) => {
    expect(requestProblems(asked).join()).toContain(problem);
  });
});

describe('a response', () => {
  const problemsOf = (status: number, body?: unknown, asked = request('GET', PLACE)) =>
    responseProblems(asked, { status, headers: {}, body });

  it.each([
    ['a secret', problemsOf(200, SECRET)],
    ['a new secret', problemsOf(201, {}, request('PUT', PLACE, {}))],
    ['a replaced secret', problemsOf(204, undefined, request('PUT', PLACE, {}))],
    ['an error', problemsOf(403, { message: 'No', documentation_url: 'https://x', status: '403' })],
  ])('that is %s is valid', (_, problems) => {
    expect(problems).toEqual([]);
  });

  it.each([
    ['lacks a property', problemsOf(200, { ...SECRET, updated_at: undefined }), "property 'updated_at'"],
    ['has one more', problemsOf(200, { ...SECRET, value: 'x' }), '"additionalProperty":"value"'],
    ['has an invalid date', problemsOf(200, { ...SECRET, updated_at: 'today' }), 'date-time'],
    ['has an unexpected body', problemsOf(204, {}, request('PUT', PLACE, {})), 'a body'],
    ['has no body', problemsOf(200), 'must be object'],
    ['has a status of another endpoint', problemsOf(201, {}), 'not a response that is described'],
    ['is an error in another form', problemsOf(404, '<html>'), 'not an error of GitHub'],
  ])('that %s is invalid', (_, problems, problem) => {
    expect(problems.join()).toContain(problem);
  });

  it('from GitHub’s examples is valid', () => {
    const run = request('GET', '/repos/o/r/actions/runs/7/attempts/1');
    expect(problemsOf(200, JSON.parse(exampleText('workflow-run')), run)).toEqual([]);
    const list = request('GET', '/orgs/o/dependabot/secrets/N/repositories');
    expect(problemsOf(200, JSON.parse(exampleText('public-repository-paginated')), list)).toEqual([]);
  });
});
