/** The forms that people open issues with, and what a release promises to have checked. GitHub hides a form that it cannot read. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..', '..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');

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

  it('gives each field a label, and an id of its own', () => {
    const fields = form.body.filter(({ type }) => type !== 'markdown');
    const ids = fields.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
    for (const { id, attributes } of fields) {
      expect(id).toMatch(/^[a-z]+$/);
      expect(attributes.label).toEqual(expect.any(String));
    }
  });
});

it('a bug report asks for every action by its name', () => {
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

it('vulnerabilities are led away from issues, which everyone can read', () => {
  const { blank_issues_enabled, contact_links } = parse(read('.github/ISSUE_TEMPLATE/config.yml'));
  expect(blank_issues_enabled).toBe(false);
  const urls = contact_links.map(({ url }: { url: string }) => url);
  expect(urls).toContain('https://github.com/your-org/create-mapbox-token/security/advisories/new');
});

describe('the release workflow', () => {
  const release = read('.github/workflows/release.yml');

  it('attests every file that a runner executes', () => {
    for (const file of ['action.yml', 'sweep/action.yml', 'rotate/action.yml', 'dist/**/*.js'])
      expect(release).toMatch(new RegExp(`^ {12}${file.replaceAll('*', '\\*')}$`, 'm'));
  });

  it('stops while a placeholder is left, which it does not contain itself', () => {
    expect(release).toContain('No placeholder is left');
    expect(release).not.toContain('your-org');
  });
});
