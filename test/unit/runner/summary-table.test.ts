import { expect, it } from 'vitest';
import { formatTable } from '../../../src/runner/summary-table.ts';

it('gives each row a header if there are no columns', () => {
  expect(
    formatTable('Token', [
      ['Account', 'octo'],
      ['Usage', 'sk'],
    ]),
  ).toBe(
    '<h3>Token</h3>\n<table><tr><th>Account</th><td>octo</td></tr><tr><th>Usage</th><td>sk</td></tr></table>\n',
  );
});

it('gives the table a header if there are columns', () => {
  expect(formatTable('Sweep', [['c1', 'deleted']], ['Token', 'Result'])).toBe(
    '<h3>Sweep</h3>\n<table><tr><th>Token</th><th>Result</th></tr><tr><td>c1</td><td>deleted</td></tr></table>\n',
  );
});

it('shows a URL as a link, and a URL in a text as text', () => {
  const address = new URL('https://git.example.com/octo/maps?a="b"&c=<d>');
  expect(
    formatTable('', [
      ['Run', address],
      ['Note', 'https://example.com'],
    ]),
  ).toBe(
    '<h3></h3>\n<table><tr><th>Run</th><td><a href="https://git.example.com/octo/maps?a=%22b%22&#38;c=%3Cd%3E">' +
      'https://git.example.com/octo/maps?a=%22b%22&#38;c=%3Cd%3E</a></td></tr>' +
      '<tr><th>Note</th><td>https://example.com</td></tr></table>\n',
  );
});

it('leaves only plain text for HTML and Markdown', () => {
  const odd = `<img src=x> & "a" 'b' \`c\` *d* _e_ [f](g) |h| ~i~ \\j`;
  for (const html of [formatTable(odd, []), formatTable('', [[odd]]), formatTable('', [], [odd])]) {
    expect(html.replace(/<\/?(?:h3|table|tr|th|td)>/g, '').replace(/&#\d+;/g, '')).not.toMatch(
      /[&<>"'`*_[\]|~\\]/,
    );
    expect(html).toContain('&#60;img src=x&#62; &#38; &#34;a&#34;');
  }
});
