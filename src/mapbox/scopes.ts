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
export const knownScopes: Readonly<Record<string, KnownScope>> = {
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

/**
 * The usage that a stored token with these scopes gets [Mapbox, Tokens API: create a token]: `pk` for public
 * scopes only, `sk` with one secret scope, `undefined` where it depends on a scope we cannot place.
 */
export function usageForScopes(scopes: readonly string[]): 'pk' | 'sk' | undefined {
  const kinds = scopes.map(scope =>
    Object.hasOwn(knownScopes, scope) ? knownScopes[scope]?.kind : 'unsure',
  );
  if (kinds.includes('secret')) return 'sk';
  return kinds.every(kind => kind === 'public') ? 'pk' : undefined;
}
