import { knownScopes } from '../mapbox/scopes.ts';

/** What became of the words in `scopes`. */
export interface ParsedScopes {
  /** Well-formed, in the order written, each once. */
  readonly scopes: readonly string[];
  /** Well-formed, but in no list we know. */
  readonly unknown: readonly string[];
  /** What is wrong, a sentence each. Empty when the scopes can be asked for. */
  readonly problems: readonly string[];
}

const wellFormed = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/;

/**
 * Reads the `scopes` input: words separated by spaces, commas or new lines, `#` up to the end of the line is a
 * comment. Capitals are not accepted, though Mapbox's console prints scopes so: the API takes lower case.
 */
export function parseScopes(input: string): ParsedScopes {
  const words = input
    .split(/\r\n|[\r\n]/)
    .flatMap(line => line.replace(/#.*/, '').split(/[\s,]+/))
    .filter(word => word !== '');
  const scopes = [...new Set(words)];
  if (scopes.length === 0) {
    return {
      scopes,
      unknown: [],
      problems: [
        '`scopes` is empty. Name what the token may do, for example `tilesets:read tilesets:write`.',
      ],
    };
  }
  const problems: string[] = [];
  const unknown: string[] = [];
  for (const scope of scopes) {
    if (Object.hasOwn(knownScopes, scope)) continue;
    const meant = suggestScope(scope);
    if (meant !== undefined) {
      problems.push(
        `\`scopes\` has ${quoteWord(scope)}, which is no Mapbox scope. Did you mean \`${meant}\`?`,
      );
    } else if (wellFormed.test(scope)) {
      unknown.push(scope);
    } else {
      problems.push(
        `\`scopes\` has ${quoteWord(scope)}, which does not have the form of a scope: lower-case words with a colon between, such as \`styles:read\`.`,
      );
    }
  }
  return { scopes, unknown, problems };
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
