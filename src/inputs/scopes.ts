import { codeList, errorTitles } from '../action-error.ts';
import { knownScopes } from '../mapbox/scopes.ts';
import { looksSecret } from '../secret.ts';
import type { InputProblems } from './problems.ts';

/** The scopes requested for a new token. */
export interface RequestedScopes {
  /** As sent: without duplicates, in the order of the input. */
  readonly scopes: readonly string[];
  /** Unusual, but not an error. */
  readonly warnings: readonly string[];
}

const WELL_FORMED = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/;

/** Matches words that cannot be scopes. Any other word after `=` is sent as it is. */
const IMPOSSIBLE = /^$|\p{C}|^.{101}/u;

/**
 * Parses the `scopes` input: words separated by spaces, commas or new lines; `#` starts a comment. Scopes are
 * lower-cased. A word that is not in {@link knownScopes} is an error if it looks like a typo, otherwise a warning; after
 * `=` it is neither.
 */
export function parseScopes(input: string, problems: InputProblems): RequestedScopes | undefined {
  const all = input.split(/\r\n|[\r\n]/).flatMap(line => line.replace(/#.*/, '').split(/[\s,]+/));
  const words = [...new Set(all)].filter(word => word !== '');
  if (words.length === 0) {
    return problems.add(
      errorTitles.invalidScopes,
      '`scopes` is empty. List what the token may do, for example `tilesets:read tilesets:write`.',
    );
  }
  const unknown = words.filter(word => !knownScopes.has(word.toLowerCase()));
  const invalid = findProblems(unknown, problems);
  for (const problem of invalid) problems.add(errorTitles.invalidScopes, `\`scopes\` has ${problem}`);
  if (invalid.length > 0) return undefined;
  const unexpected = unknown.filter(word => !word.startsWith('=')).map(toScope);
  const scopes = [...new Set(words.map(toScope))];
  const warnings = [...unknownScopeWarnings(unexpected, problems), ...powerWarnings(scopes)];
  return { scopes, warnings };
}

/** The console shows scopes in upper case; the API uses lower case. */
function toScope(word: string): string {
  return word.startsWith('=') ? word.slice(1) : word.toLowerCase();
}

/** How many words are compared with the known scopes, and how many problems are described. */
const MAX_DESCRIBED = 20;

function findProblems(unknown: readonly string[], problems: InputProblems): readonly string[] {
  const found = new Set<string>();
  for (const [at, word] of unknown.entries()) {
    const problem = describeProblem(word, at < MAX_DESCRIBED, problems);
    if (problem === undefined) continue;
    if (found.size === MAX_DESCRIBED)
      return [...found, `further words that are not known scopes: ${unknown.length - at}.`];
    found.add(problem);
  }
  return [...found];
}

/** @param isCompared whether to look for the scope that was probably meant. */
function describeProblem(word: string, isCompared: boolean, problems: InputProblems): string | undefined {
  if (looksSecret(word)) return 'a token in it. List scopes, such as `tilesets:read`.';
  const scope = toScope(word);
  if (word.startsWith('=')) {
    if (!IMPOSSIBLE.test(scope)) return undefined;
    return `${problems.quote(word)}, which cannot be a scope.`;
  }
  const suggestion = isCompared ? suggestScope(scope) : undefined;
  if (suggestion === undefined && WELL_FORMED.test(scope)) return undefined;
  const asItIs = `If Mapbox has such a scope, write ${problems.quote(`=${word}`)}.`;
  if (suggestion !== undefined) {
    return `${problems.quote(word)}, which is not a known Mapbox scope. Did you mean \`${suggestion}\`? ${asItIs}`;
  }
  const problem = `${problems.quote(word)}, which is not a scope: a scope is two words with a colon between them, such as \`styles:read\`.`;
  return word.includes(':') && !IMPOSSIBLE.test(word) ? `${problem} ${asItIs}` : problem;
}

function unknownScopeWarnings(unknown: readonly string[], problems: InputProblems): string[] {
  if (unknown.length === 0) return [];
  const scopes = [...new Set(unknown)];
  const quote = (words: readonly string[]) => codeList(words, word => problems.quote(word));
  return [
    `${quote(scopes)} ${scopes.length === 1 ? 'is' : 'are'} not in this action's list of Mapbox scopes. Mapbox decides whether ${scopes.length === 1 ? 'it exists' : 'they exist'}. ` +
      `To turn off this warning, write ${quote(scopes.map(scope => `=${scope}`))}.`,
  ];
}

function powerWarnings(scopes: readonly string[]): string[] {
  if (!scopes.some(scope => scope.toLowerCase() === 'tokens:write')) return [];
  return [
    '`scopes` has `tokens:write`: the new token can create more tokens, which this action does not delete. Only a step that creates tokens needs it.',
  ];
}

/**
 * The scope that was probably meant: at most two typos away, or different only in separators.
 *
 * @param scope in lower case.
 */
export function suggestScope(scope: string): string | undefined {
  if (scope.length > 40) return undefined;
  const letters = (text: string) => text.replace(/[^a-z0-9]/g, '');
  let best: { scope: string; distance: number } | undefined;
  for (const known of knownScopes.keys()) {
    const distance = letters(scope) === letters(known) ? 0 : editDistance(scope, known);
    if (distance <= 2 && (best === undefined || distance < best.distance)) best = { scope: known, distance };
  }
  return best?.scope;
}

/**
 * The edit distance of two words: insertions, deletions, substitutions and transpositions (optimal string alignment).
 */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, at(beforeLast, j - 2) + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

/** A cell of a row; infinite outside of it. */
function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
