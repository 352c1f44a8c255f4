/** Users copy from these pages, so everything in them must match the code. */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { convertWorkflowTemplate } from '@actions/workflow-parser/model/convert';
import { NoOperationTraceWriter } from '@actions/workflow-parser/templates/trace-writer';
import { parseWorkflow } from '@actions/workflow-parser/workflows/workflow-parser';
import { describe, expect, it } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { errorTitles } from '../../src/action-error.ts';
import { InputProblems } from '../../src/inputs/problems.ts';
import { parseScopes } from '../../src/inputs/scopes.ts';
import { knownScopes } from '../../src/mapbox/scopes.ts';
import { type Block, blocksOf, userPages, workflowFrom } from '../support/readme-blocks.ts';

const root = join(import.meta.dirname, '..', '..');

const read = (name: string) => readFileSync(join(root, name), 'utf8');

interface Metadata {
  readonly inputs: Readonly<Record<string, { description: string; required?: boolean; default?: string }>>;
  readonly outputs: Readonly<Record<string, { description: string }>>;
}

interface Section {
  readonly heading: string;
  /** Up to the next heading of any level. */
  readonly text: string;
}

const pages = userPages(root);

const readme = read('README.md');

/** Every page of the project. */
const allPages = [
  ...pages.map(({ name }) => name),
  'CONTRIBUTING.md',
  'SECURITY.md',
  'SUPPORT.md',
  'CODE_OF_CONDUCT.md',
  'CHANGELOG.md',
  '.github/SETTINGS.md',
  'bench/README.md',
];

const blocks = pages.flatMap(({ name, text }) => blocksOf(text).map(block => ({ ...block, page: name })));

/** The text that users copy: YAML blocks and the examples. */
const copied: readonly Block[] = [
  ...blocks.filter(({ language }) => language === 'yaml'),
  ...globSync('examples/*.yml', { cwd: root })
    .sort()
    .map(name => ({ language: 'yaml', text: read(name), line: 1 })),
];

/** The actions of this repository by name, with their folders. */
const actions = new Map([
  ['your-org/create-mapbox-token', 'action.yml'],
  ['your-org/create-mapbox-token/sweep', 'sweep/action.yml'],
  ['your-org/create-mapbox-token/rotate', 'rotate/action.yml'],
]);

describe('the beginning of the README', () => {
  it('is the title, four badges, one sentence and the steps to copy', () => {
    const [intro, steps = ''] = readme.split('```yaml\n');
    expect(intro).toMatch(/^# Create Mapbox Token\n\n(\[!\[[^\n]+\)(?: |\n)){4}\n[^\n]+\.\n\n$/);
    const [copied = ''] = steps.split('```');
    expect(copied.trim().split('\n').length).toBeLessThanOrEqual(14);
    expect(copied).toMatch(/^ {2}uses: your-org\/create-mapbox-token@v1$/m);
    expect(copied).toContain('steps.mapbox.outputs.token');
  });

  it('says before the picture what is required, what is unproved, and the key warnings', () => {
    const [before = '', after = ''] = readme.split('<picture>\n');
    for (const words of ['administrator', 'Not made or endorsed by Mapbox', '> [!WARNING]\n', '> [!NOTE]\n'])
      expect(before).toContain(words);
    expect(after).toMatch(/<img alt="[^"]{50,}\." src="docs\/images\/run-light\.svg">/);
    expect(after).toMatch(/<\/picture>\n\n\*[^\n]*stand-in for Mapbox/);
  });

  it('says how to pin the newest release by commit', () => {
    const { version }: { version: string } = JSON.parse(read('package.json'));
    expect(readme).toContain(`/commits/v${version} --jq .sha`);
  });

  it('fits in 200 lines and 1,700 words', () => {
    const isLong = 'README.md is too long: move something to docs/, and link to it';
    expect(readme.split('\n').length, isLong).toBeLessThanOrEqual(200);
    expect(readme.split(/\s+/).length, isLong).toBeLessThanOrEqual(1700);
  });
});

it('the README lists every example and every page', () => {
  const targets = [...readme.matchAll(/\]\(([^)\s#]+)/g)].map(([, target = '']) => target);
  const examples = globSync('examples/*.yml', { cwd: root }).map(name => name.replaceAll('\\', '/'));
  expect(targets).toEqual(
    expect.arrayContaining([
      ...examples,
      ...pages.map(({ name }) => name).filter(name => name !== 'README.md'),
    ]),
  );
});

describe('the tables of inputs and outputs', () => {
  const metadata = (file: string): Metadata => parse(read(file));

  it('match action.yml', () => {
    const { inputs, outputs } = metadata('action.yml');
    expect(tableIn('README.md', 'Inputs')).toEqual(inputRows(inputs));
    expect(tableIn('README.md', 'Outputs')).toEqual(outputRows(outputs));
  });

  it('match sweep/action.yml', () => {
    const { inputs, outputs } = metadata('sweep/action.yml');
    expect(tableIn('sweep/README.md', 'Inputs of the sweep')).toEqual(inputRows(inputs));
    expect(tableIn('sweep/README.md', 'Outputs of the sweep')).toEqual(outputRows(outputs));
  });

  it('match rotate/action.yml', () => {
    const { inputs, outputs } = metadata('rotate/action.yml');
    expect(tableIn('rotate/README.md', 'Inputs of the rotation')).toEqual(inputRows(inputs));
    expect(tableIn('rotate/README.md', 'Outputs of the rotation')).toEqual(outputRows(outputs));
  });
});

describe('the troubleshooting table', () => {
  const rows = tableIn('docs/troubleshooting.md', 'Errors of this action');

  const own = tableIn('rotate/README.md', 'Errors of the rotation');

  it('and the rotation’s have every title of a failed step, each once', () => {
    const titles = [...rows, ...own].map(([title]) => title);
    expect(titles.sort()).toEqual(Object.values(errorTitles).sort());
    expect(own.flat()).not.toContain('');
  });

  it('explains each and says what to do', () => {
    for (const row of rows)
      expect(row, row[0]).toEqual([expect.any(String), expect.stringMatching(/\.$/), expect.anything()]);
    expect(rows.flat()).not.toContain('');
  });
});

describe('the scopes', () => {
  it('in the tables are in the catalogue', () => {
    const rows = [
      ...tableIn('docs/scopes-and-variables.md', 'Scopes for common jobs'),
      ...tableIn('README.md', 'Common scopes'),
    ];
    const named = rows.flatMap(([, scopes]) => codeIn(scopes ?? ''));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(scope => !knownScopes.has(scope))).toEqual([]);
  });

  it('in anything to copy are accepted without a warning', () => {
    const asked = stepsIn(copied).flatMap(({ uses, given }) =>
      actions.get(nameOf(uses)) === 'action.yml' ? [String(given['scopes'])] : [],
    );
    expect(asked.length).toBeGreaterThan(15);
    for (const words of asked) {
      const parsed = parseScopes(words, new InputProblems());
      expect(
        parsed?.scopes.filter(scope => !knownScopes.has(scope)),
        words,
      ).toEqual([]);
      expect(parsed?.warnings, words).toEqual([]);
    }
  });
});

describe('the YAML', () => {
  const yaml = blocks.filter(({ language }) => language === 'yaml');

  it.each(yaml)('of $page, line $line, can be copied', async ({ text }) => {
    expect(parseDocument(text).errors).toEqual([]);
    const content = workflowFrom(text);
    if (content === undefined) return;
    const { context, value } = parseWorkflow({ name: 'page.yml', content }, new NoOperationTraceWriter());
    // Only the conversion checks conditions, schedules and job dependencies.
    if (value !== undefined) await convertWorkflowTemplate(context, value);
    expect(context.errors.getErrors().map(String)).toEqual([]);
  });

  it('refers to these actions by existing names', () => {
    const used = stepsIn(copied).map(({ uses }) => nameOf(uses));
    expect(
      used.filter(name => name.startsWith('your-org/create-mapbox-token') && !actions.has(name)),
    ).toEqual([]);
    expect([...actions.keys()].filter(name => !used.includes(name))).toEqual([]);
  });

  it.each([...actions])('gives %s only inputs that exist', (name, file) => {
    const { inputs }: Metadata = parse(read(file));
    const required = Object.keys(inputs).filter(input => inputs[input]?.required);
    for (const { given } of stepsIn(copied).filter(({ uses }) => nameOf(uses) === name)) {
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
      expect(Object.keys(given)).toEqual(expect.arrayContaining(required));
    }
  });

  it('reads only outputs that exist', () => {
    const outputs = [...actions.values()].flatMap(file => {
      const { outputs }: Metadata = parse(read(file));
      return Object.keys(outputs);
    });
    const ids = new Set(stepsIn(copied).flatMap(({ uses, id }) => (actions.has(nameOf(uses)) ? [id] : [])));
    const used = copied.flatMap(({ text }) =>
      Array.from(text.matchAll(/\bsteps\.(\w+)\.outputs\.([\w-]+)/g), ([, id = '', output = '']) =>
        ids.has(id) ? output : undefined,
      ),
    );
    expect(used.length).toBeGreaterThan(20);
    const known: (string | undefined)[] = [...outputs, undefined];
    expect(used.filter(output => !known.includes(output))).toEqual([]);
  });
});

describe('references in the documents', () => {
  it('to commands are scripts of package.json, or commands of npm', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const commands = [
      ...pages
        .map(({ text }) => text)
        .join('\n')
        .matchAll(/\bnpm (run )?([a-z][\w:-]*)/g),
    ].map(([, run = '', name = '']) => run + name);
    const known = ['ci', 'cit', 'start', 'test', ...Object.keys(scripts).map(name => `run ${name}`)];
    expect(known).toEqual(expect.arrayContaining(commands));
    expect(commands).toEqual(expect.arrayContaining(['ci', 'start', 'cit']));
  });

  it.each(allPages)('to files and headings exist: %s', page => {
    const links = [...proseOf(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const local = links.filter(target => !/^https?:/.test(target));
    const missing = local.filter(target => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : posix.join(posix.dirname(page), path);
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && !anchorsOf(file).includes(anchor);
    });
    expect(missing).toEqual([]);
  });

  it.each(allPages)('are unambiguous, as no two headings in %s have the same anchor', page => {
    const anchors = anchorsOf(page);
    // The change log repeats a few headings in each version.
    if (page !== 'CHANGELOG.md') expect(anchors).toEqual([...new Set(anchors)]);
  });
});

it('no page contains text that looks like a token', () => {
  for (const page of allPages) expect(read(page), page).not.toMatch(/\b[pst]k\.[\w-]{8,}/);
});

function inputRows(inputs: Metadata['inputs']): string[][] {
  return Object.entries(inputs).map(([name, { description, required, default: value }]) => [
    `\`${name}\``,
    required ? '**required**' : value === undefined ? 'none' : `\`${value}\``,
    folded(description),
  ]);
}

function outputRows(outputs: Metadata['outputs']): string[][] {
  return Object.entries(outputs).map(([name, { description }]) => [`\`${name}\``, folded(description)]);
}

function folded(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function sectionsOf(markdown: string): Section[] {
  return markdown.split(/^#{1,6} /m).flatMap(part => {
    const [heading, ...lines] = part.split('\n');
    return heading ? [{ heading, text: lines.join('\n') }] : [];
  });
}

/** The text outside of fences. */
function proseOf(markdown: string): string {
  return markdown.replace(/^( *)```.*\n[\s\S]*?^\1```$/gm, '');
}

function anchorsOf(page: string): string[] {
  return sectionsOf(proseOf(read(page))).map(({ heading }) => slug(heading));
}

/** The rows of the first table under a heading of a page, without its head. */
function tableIn(page: string, heading: string): string[][] {
  const sections = sectionsOf(proseOf(read(page)));
  const text = sections.find(section => section.heading === heading)?.text ?? '';
  const [, table = ''] = /^((?:\|.*\|\n)+)/m.exec(text) ?? [];
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map(row =>
      row
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map(cell => cell.trim().replaceAll('\\|', '|')),
    );
}

/** The text between backticks in a table cell. */
function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

interface Step {
  readonly uses: string;
  readonly id: string | undefined;
  readonly given: Readonly<Record<string, unknown>>;
}

/** An action as a step names it, without its version. */
function nameOf(uses: string): string {
  return uses.replace(/@.*/, '');
}

/** Every step in the blocks that uses an action, at any depth. */
function stepsIn(from: readonly Block[]): Step[] {
  const find = (value: unknown): Step[] => {
    if (typeof value !== 'object' || value === null) return [];
    const inner = Object.values(value).flatMap(find);
    if (!('uses' in value) || typeof value.uses !== 'string') return inner;
    const given = 'with' in value && typeof value.with === 'object' ? { ...value.with } : {};
    const id = 'id' in value ? String(value.id) : undefined;
    return [{ uses: value.uses, id, given }, ...inner];
  };
  return from.filter(({ language }) => language === 'yaml').flatMap(({ text }) => find(parse(text)));
}

/** GitHub's anchor for a heading. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}
