/** The issue forms, and the checks a release depends on. GitHub silently hides an invalid form. */
import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { errorTitles } from '../../src/action-error.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const find = (...patterns: string[]) =>
  globSync(patterns, { cwd: root, exclude: ['**/node_modules/**'] })
    .map(name => name.replaceAll('\\', '/'))
    .sort();

interface Field {
  readonly type: string;
  readonly id?: string;
  readonly attributes: {
    readonly label?: string;
    readonly options?: readonly string[];
    readonly value?: string;
  };
}

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly Field[];
}

const forms = globSync('.github/ISSUE_TEMPLATE/*.yml', { cwd: root })
  .sort()
  .filter(name => !name.endsWith('config.yml'));

describe.each(forms)('the form %s', name => {
  const form: Form = parse(read(name));

  it('has a name, a description and fields that GitHub knows', () => {
    expect(form).toEqual(
      expect.objectContaining({ name: expect.any(String), description: expect.any(String) }),
    );
    const types = ['markdown', 'input', 'textarea', 'dropdown', 'checkboxes'];
    for (const { type } of form.body) expect(types).toContain(type);
  });

  it('gives each field a label and its own ID', () => {
    const fields = form.body.filter(({ type }) => type !== 'markdown');
    const ids = fields.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
    for (const { id, attributes } of fields) {
      expect(id).toMatch(/^[a-z]+$/);
      expect(attributes.label).toEqual(expect.any(String));
    }
  });
});

it('the bug report offers every action by name', () => {
  const form: Form = parse(read('.github/ISSUE_TEMPLATE/bug.yml'));
  const actions = globSync('{.,sweep,rotate}/action.yml', { cwd: root }).map(name =>
    name
      .replaceAll('\\', '/')
      .replace(/^(?:(\w+)\/)?action\.yml$/, (_, folder?: string) =>
        folder === undefined ? 'create-mapbox-token' : `create-mapbox-token/${folder}`,
      ),
  );
  const options = form.body.find(({ id }) => id === 'action')?.attributes.options ?? [];
  expect([...options].sort()).toEqual(actions.sort());
});

it('vulnerabilities are diverted from issues, which are public', () => {
  const { blank_issues_enabled, contact_links } = parse(read('.github/ISSUE_TEMPLATE/config.yml'));
  expect(blank_issues_enabled).toBe(false);
  const urls = contact_links.map(({ url }: { url: string }) => url);
  expect(urls).toContain('https://github.com/your-org/create-mapbox-token/security/advisories/new');
});

it('one CI job depends on all the others, and a merge requires that one', () => {
  const { jobs }: { jobs: Record<string, { name: string; needs?: string[] }> } = parse(
    read('.github/workflows/ci.yml'),
  );
  const { gate, ...others } = jobs;
  expect(gate?.needs?.toSorted()).toEqual(Object.keys(others).toSorted());
  expect(read('.github/SETTINGS.md')).toContain(`"context": "${gate?.name}"`);
});

it('the titles that CI expects of refused steps exist', () => {
  const { jobs } = parse(read('.github/workflows/ci.yml'));
  const titles: string[] = jobs.titles.steps[0].env.EXPECTED.trim().split('\n');
  expect(Object.values(errorTitles)).toEqual(expect.arrayContaining(titles));
  expect(titles).toEqual(titles.toSorted());
});

describe('the release workflow', () => {
  const release = read('.github/workflows/release.yml');

  it('attests every file that a runner executes', () => {
    for (const file of ['action.yml', 'sweep/action.yml', 'rotate/action.yml', 'dist/**/*.js'])
      expect(release).toMatch(new RegExp(`^ {12}${file.replaceAll('*', '\\*')}$`, 'm'));
  });

  it('moves `vX` only after the smoke workflow has passed', () => {
    const { jobs } = parse(release);
    expect(jobs.smoke.uses).toBe('./.github/workflows/smoke.yml');
    expect([jobs.attest.needs, jobs.publish.needs]).toEqual([['check', 'smoke'], 'attest']);
  });

  it('stops while a placeholder is left, and contains none itself', () => {
    expect(release).toContain('No placeholder is left');
    expect(release).not.toContain('your-org');
  });
});

it('Dependabot checks every folder that pins an action or a package', () => {
  const { updates }: { updates: Record<string, unknown>[] } = parse(read('.github/dependabot.yml'));
  const watched = (ecosystem: string) =>
    updates
      .filter(update => update['package-ecosystem'] === ecosystem)
      .flatMap(update => update['directories'] ?? update['directory']);
  const pinning = find(
    '*.yml',
    'examples/**/*.yml',
    'test/**/*.yml',
    'demo/*.yml',
    '{.github,sweep,rotate}/**/*.yml',
  )
    .filter(name => /uses: (?!your-org\/)[\w./-]+@[0-9a-f]{40}\b/.test(read(name)))
    .map(name => (name.startsWith('.github/workflows/') ? '/' : `/${posix.dirname(name)}`));
  expect(watched('github-actions')).toEqual([...new Set(pinning)].sort());
  expect(watched('pip')).toEqual(find('test/**/requirements.txt').map(name => `/${posix.dirname(name)}`));
  expect(updates.map(update => update['cooldown'])).toEqual(updates.map(() => ({ 'default-days': 7 })));
});

it('the checks required for a merge into main are existing jobs', () => {
  const needed = [...read('.github/SETTINGS.md').matchAll(/"context": "([^"]+)"/g)].map(
    ([, name = '']) => name,
  );
  const jobs = find('.github/workflows/*.yml').flatMap(name => {
    const workflow: {
      jobs: Record<string, { name: string; strategy?: { matrix: Record<string, string[]> } }>;
    } = parse(read(name));
    return Object.values(workflow.jobs).flatMap(({ name, strategy }) =>
      Object.entries(strategy?.matrix ?? { '': [''] }).flatMap(([key, values]) =>
        values.map(value => name.replace(`\${{ matrix.${key} }}`, value)),
      ),
    );
  });
  expect(needed.length).toBeGreaterThan(2);
  expect(jobs).toEqual(expect.arrayContaining(needed));
});
