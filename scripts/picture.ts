/**
 * `npm run picture`: draws the README's picture, light and dark, from the output of `npm start`. Values that differ
 * from run to run are normalized, so the same demonstration gives the same picture.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);

/** The pictures' paths, relative to the project. */
export const pictures = { light: 'docs/images/run-light.svg', dark: 'docs/images/run-dark.svg' } as const;

type Theme = keyof typeof pictures;

/** GitHub's text colours on GitHub's backgrounds; each has a contrast of at least 4.5. */
const colours: Readonly<Record<Theme, Readonly<Record<Role | 'background' | 'border', string>>>> = {
  light: {
    background: '#f6f8fa',
    border: '#d1d9e0',
    step: '#1f2328',
    text: '#424a53',
    command: '#59636e',
    masked: '#0550ae',
    good: '#116329',
  },
  dark: {
    background: '#151b23',
    border: '#3d444d',
    step: '#f0f6fc',
    text: '#c9d1d9',
    command: '#9198a1',
    masked: '#79c0ff',
    good: '#3fb950',
  },
};

type Role = 'step' | 'text' | 'command' | 'masked' | 'good';

interface Line {
  readonly role: Role;
  readonly indent: number;
  readonly text: string;
}

/** Few enough to be readable on a phone. */
const COLUMNS = 48;
const [CHARACTER, LEADING, MARGIN, SIZE] = [8.4, 20, 16, 14];
const FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace";

/** The log lines that the picture shows. */
const TOLD =
  /^(?:▸|scopes: |MAPBOX_ACCESS_TOKEN=|Created a secret token |Published |Deleted the token |the token is revoked)/;

/**
 * Draws the first job in the output of `npm start`.
 *
 * @param log the whole output.
 */
export function drawRun(log: string, theme: Theme): string {
  const lines = linesOf(log).flatMap(wrap);
  const width = Math.ceil(COLUMNS * CHARACTER + 2 * MARGIN);
  const height = lines.length * LEADING + 2 * MARGIN - (LEADING - SIZE);
  const { background, border } = colours[theme];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">`,
    '<title id="title">The log of a job that uses the action</title>',
    '<desc id="description">Shortened, from a run against a stand-in for Mapbox. A step creates a token. The next step uses it. A careless step prints it, and the log shows three asterisks. The post step deletes it, and it is revoked.</desc>',
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${background}" stroke="${border}"/>`,
    `<g font-family="${FONT}" font-size="${SIZE}" xml:space="preserve">`,
    ...lines.map((line, index) => drawLine(line, MARGIN + SIZE - 2 + index * LEADING, theme)),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function linesOf(log: string): Line[] {
  const job = log.slice(log.indexOf('\n  Job '), log.indexOf('\nAnother run'));
  const id = /\(ID (\w+)\)/.exec(job)?.[1] ?? '';
  const lines = job
    .replaceAll(id, 'cm3k9v0aa1q7x2e5r8t4z6w1y')
    .split('\n')
    .map(line => ({ depth: line.search(/\S/), text: line.trim() }))
    .filter(({ text }) => TOLD.test(text.replace(/^✓ /, '')))
    .map(({ depth, text }) => ({ depth, text: shortened(text) }));
  return lines.map(({ depth, text }) => ({ role: roleOf(text), indent: Math.max(0, depth - 4), text }));
}

/** Cuts the details at the end of a line. */
function shortened(text: string): string {
  return text
    .replace(/^(Created a secret token for \S+) .*?(\(ID \w+\)).*/, '$1 $2')
    .replace(/^(Published \S+):.*/, '$1');
}

function roleOf(text: string): Role {
  if (text.startsWith('▸')) return 'step';
  if (text.startsWith('✓')) return 'good';
  return /^(?:with:|[\w-]+: |env \|)/.test(text) ? 'command' : 'text';
}

function wrap({ role, indent, text }: Line): Line[] {
  const lines: Line[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > COLUMNS) {
      lines.push({ role, indent, text: line });
      line = word;
    } else line += line === '' ? word : ` ${word}`;
  }
  return [...lines, { role, indent, text: line }];
}

function drawLine({ role, indent, text }: Line, y: number, theme: Theme): string {
  const weight = role === 'step' ? ' font-weight="600"' : '';
  let column = indent;
  // Each part has its own position, so that no font can make parts overlap.
  return text
    .split(/(\*\*\*)/)
    .filter(part => part !== '')
    .map(part => {
      const x = (MARGIN + column * CHARACTER).toFixed(1);
      const length = (part.length * CHARACTER).toFixed(1);
      const fill = colours[theme][part === '***' ? 'masked' : role];
      column += part.length;
      return `<text x="${x}" y="${y}" fill="${fill}"${weight} textLength="${length}" lengthAdjust="spacingAndGlyphs">${escapeXml(part)}</text>`;
    })
    .join('\n');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

if (import.meta.main) {
  const { MAPBOX_AUTHORIZING_TOKEN: _, ...env } = process.env;
  const log = execFileSync(process.execPath, [join(root, 'demo', 'start.ts')], { env, encoding: 'utf8' });
  for (const theme of ['light', 'dark'] as const)
    writeFileSync(join(root, pictures[theme]), drawRun(log, theme));
}
