import { errorTitles } from '../errors/action-error.ts';
import { knownScopes } from '../mapbox/scopes.ts';
import type { InputProblems } from './problems.ts';

const WELL_FORMED = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/;

/**
 * Parses the `scopes` input: words separated by spaces, commas or new lines; `#` starts a comment. Each scope once, in
 * the order written. A scope outside of {@link knownScopes} is taken unless it looks like a typo.
 */
export function parseScopes(input: string, problems: InputProblems): readonly string[] | undefined {
  const words = input
    .split(/\r\n|[\r\n]/)
    .flatMap(line => line.replace(/#.*/, '').split(/[\s,]+/))
    .filter(word => word !== '');
  const scopes = [...new Set(words)];
  const invalid = (message: string) => problems.add(errorTitles.invalidScopes, message);
  if (scopes.length === 0) {
    return invalid(
      '`scopes` is empty. Name what the token may do, for example `tilesets:read tilesets:write`.',
    );
  }
  const faults = scopes.map(describeFault).filter(fault => fault !== undefined);
  for (const fault of faults) invalid(fault);
  return faults.length === 0 ? scopes : undefined;
}

function describeFault(scope: string): string | undefined {
  if (Object.hasOwn(knownScopes, scope)) return undefined;
  const suggestion = suggestScope(scope);
  if (suggestion !== undefined) {
    return `\`scopes\` has ${quoteWord(scope)}, which is not a Mapbox scope. Did you mean \`${suggestion}\`?`;
  }
  if (WELL_FORMED.test(scope)) return undefined;
  return `\`scopes\` has ${quoteWord(scope)}, which is not a scope: scopes are two lower-case words with a colon between them, such as \`styles:read\`.`;
}

/** Long words are cut: whatever was pasted there, the log needs its beginning only. A pasted token is not shown at all. */
function quoteWord(word: string): string {
  if (/^[pst]k\./.test(word)) return 'a token';
  return `\`${word.length > 40 ? `${word.slice(0, 40)}…` : word}\``;
}

/** The scope that was probably meant: two slips of the pen away at most, or the same but for capitals and separators. */
export function suggestScope(scope: string): string | undefined {
  if (scope.length > 40) return undefined;
  const folded = scope.toLowerCase().replace(/[^a-z0-9]+/g, '');
  let best: { scope: string; distance: number } | undefined;
  for (const known of Object.keys(knownScopes)) {
    const distance = folded === known.replace(/[^a-z0-9]+/g, '') ? 0 : editDistance(scope, known);
    if (distance <= 2 && (best === undefined || distance < best.distance)) best = { scope: known, distance };
  }
  return best?.scope;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, at(before, j - 2) + 1);
      }
      row.push(least);
    }
    before = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
