/**
 * Mapbox's scopes as far as they are known. Mapbox adds scopes and shows accounts different ones, so a scope
 * that is not here is a warning and no error, unless it is plainly a slip of the pen.
 */

interface KnownScope {
  /** `public` scopes may stand in a `pk` token, a single `secret` one makes it `sk`; `unsure` where sources differ. */
  readonly kind: 'public' | 'secret' | 'unsure';
  readonly allows: string;
}

/** From Mapbox's token guide and two independent recent lists of it; the last group was seen in Mapbox's own code only. */
export const catalogue: Readonly<Record<string, KnownScope>> = {
  'styles:tiles': { kind: 'public', allows: 'raster tiles and static images of styles' },
  'styles:read': { kind: 'public', allows: 'reading styles, starting maps' },
  'fonts:read': { kind: 'public', allows: 'glyphs and font ranges' },
  'datasets:read': { kind: 'public', allows: 'reading datasets and their features' },
  'vision:read': { kind: 'unsure', allows: 'Vision SDK services' },

  'scopes:list': { kind: 'secret', allows: 'listing the scopes of the account' },
  'map:read': { kind: 'secret', allows: 'reading tilesets and projects of the old kind' },
  'map:write': { kind: 'secret', allows: 'changing tilesets and projects of the old kind' },
  'user:read': { kind: 'secret', allows: 'reading the account profile' },
  'user:write': { kind: 'secret', allows: 'changing the account profile' },
  'uploads:read': { kind: 'secret', allows: 'the status of one upload' },
  'uploads:list': { kind: 'secret', allows: 'the statuses of recent uploads' },
  'uploads:write': { kind: 'secret', allows: 'making and removing uploads' },
  'styles:write': { kind: 'secret', allows: 'creating, changing and deleting styles' },
  'styles:list': { kind: 'secret', allows: 'listing styles' },
  'styles:protect': { kind: 'secret', allows: 'protecting styles against changes' },
  'tokens:read': { kind: 'secret', allows: 'listing tokens' },
  'tokens:write': { kind: 'secret', allows: 'creating, changing and deleting tokens' },
  'datasets:list': { kind: 'secret', allows: 'listing datasets' },
  'datasets:write': { kind: 'secret', allows: 'creating, changing and deleting datasets' },
  'tilesets:list': {
    kind: 'secret',
    allows: 'listing tilesets, sources and jobs; recipes; the status of a tileset',
  },
  'tilesets:read': { kind: 'secret', allows: 'reading a source or a job' },
  'tilesets:write': {
    kind: 'secret',
    allows: 'uploading sources; creating, publishing and deleting tilesets',
  },
  'downloads:read': { kind: 'secret', allows: 'downloading the native SDKs' },
  'atlas:read': { kind: 'secret', allows: 'Mapbox Atlas data' },

  'styles:download': { kind: 'unsure', allows: 'downloading styles' },
  'fonts:list': { kind: 'unsure', allows: 'listing fonts' },
  'fonts:write': { kind: 'unsure', allows: 'uploading fonts' },
  'vision:download': { kind: 'unsure', allows: 'downloading the Vision SDK' },
  'navigation:download': { kind: 'unsure', allows: 'downloading the Navigation SDK' },
  'offline:read': { kind: 'unsure', allows: 'offline packages' },
  'offline:write': { kind: 'unsure', allows: 'making offline packages' },
  'user-feedback:read': { kind: 'unsure', allows: 'reading user feedback' },
  'analytics:read': { kind: 'unsure', allows: 'usage statistics' },
};

/** What became of the words in `scopes`. */
export interface ScopesRead {
  /** Well-formed, in the order written, each once. */
  readonly scopes: readonly string[];
  /** Well-formed, but in no list we know. */
  readonly unknown: readonly string[];
  /** What is wrong, a sentence each. Empty when the scopes can be asked for. */
  readonly faults: readonly string[];
}

const wellFormed = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/;

/**
 * Reads the `scopes` input: words separated by spaces, commas or new lines, `#` up to the end of the line is a
 * comment. Capitals are not accepted, though Mapbox's console prints scopes so: the API takes lower case.
 */
export function readScopes(input: string): ScopesRead {
  const words = input
    .split(/\r\n|[\r\n]/)
    .flatMap(line => line.replace(/#.*/, '').split(/[\s,]+/))
    .filter(word => word !== '');
  const scopes = [...new Set(words)];
  if (scopes.length === 0) {
    return {
      scopes,
      unknown: [],
      faults: ['`scopes` is empty. Name what the token may do, for example `tilesets:read tilesets:write`.'],
    };
  }
  const faults: string[] = [];
  const unknown: string[] = [];
  for (const scope of scopes) {
    if (Object.hasOwn(catalogue, scope)) continue;
    const meant = nearMiss(scope);
    if (meant !== undefined) {
      faults.push(`\`scopes\` has ${quoted(scope)}, which is no Mapbox scope. Did you mean \`${meant}\`?`);
    } else if (wellFormed.test(scope)) {
      unknown.push(scope);
    } else {
      faults.push(
        `\`scopes\` has ${quoted(scope)}, which does not have the form of a scope: lower-case words with a colon between, such as \`styles:read\`.`,
      );
    }
  }
  return { scopes, unknown, faults };
}

/** Long words are cut: whatever was pasted there, the log needs its beginning only. A pasted token is not shown at all. */
function quoted(word: string): string {
  if (/^[pst]k\./.test(word)) return 'a token';
  return `\`${word.length > 40 ? `${word.slice(0, 40)}…` : word}\``;
}

/**
 * The usage that a stored token with these scopes gets [Mapbox, Tokens API: create a token]: `pk` for public
 * scopes only, `sk` with one secret scope, `undefined` where it depends on a scope we cannot place.
 */
export function usageOf(scopes: readonly string[]): 'pk' | 'sk' | undefined {
  const kinds = scopes.map(scope => (Object.hasOwn(catalogue, scope) ? catalogue[scope]?.kind : 'unsure'));
  if (kinds.includes('secret')) return 'sk';
  return kinds.every(kind => kind === 'public') ? 'pk' : undefined;
}

/** The scope that was probably meant: two slips of the pen away at most, or the same but for capitals and separators. */
export function nearMiss(scope: string): string | undefined {
  if (scope.length > 40) return undefined;
  const folded = scope.toLowerCase().replace(/[^a-z0-9]+/g, '');
  let best: { scope: string; distance: number } | undefined;
  for (const known of Object.keys(catalogue)) {
    const distance = folded === known.replace(/[^a-z0-9]+/g, '') ? 0 : slips(scope, known);
    if (distance <= 2 && (best === undefined || distance < best.distance)) best = { scope: known, distance };
  }
  return best?.scope;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment). */
function slips(a: string, b: string): number {
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
