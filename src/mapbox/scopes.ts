/**
 * The known Mapbox scopes. Mapbox adds scopes, and accounts see different ones, so a scope that is not listed here may
 * still exist.
 */

/**
 * A `pk` token has only `public` scopes; a single `secret` scope makes it an `sk`. `unsure` if no source says which.
 */
export type ScopeKind = 'public' | 'secret' | 'unsure';

/**
 * From Mapbox's token guide, two independent recent lists of it, and the source and API descriptions of Mapbox's CLI;
 * the second line of `unsure` appears only in older Mapbox code and documents.
 */
const SCOPES: Readonly<Record<ScopeKind, string>> = {
  public: 'styles:tiles styles:read fonts:read datasets:read',
  secret:
    'scopes:list map:read map:write user:read user:write uploads:read uploads:list uploads:write ' +
    'styles:write styles:list styles:protect styles:download fonts:list fonts:write tokens:read tokens:write ' +
    'datasets:list datasets:write tilesets:list tilesets:read tilesets:write downloads:read atlas:read',
  unsure:
    'vision:read fonts:metadata user-feedback:read user-feedback:write statistics:read ' +
    'vision:download navigation:download offline:read offline:write analytics:read',
};

/** Every known scope, with its kind. */
export const knownScopes: ReadonlyMap<string, ScopeKind> = new Map(
  (['public', 'secret', 'unsure'] as const).flatMap(kind =>
    SCOPES[kind].split(' ').map(scope => [scope, kind] as const),
  ),
);

/**
 * The usage that a stored token with these scopes gets [Mapbox, Tokens API: create a token]: `pk` for public scopes
 * only, `sk` with any secret scope, `undefined` if it depends on a scope whose kind is not known.
 */
export function usageForScopes(scopes: readonly string[]): 'pk' | 'sk' | undefined {
  const kinds = scopes.map(scope => knownScopes.get(scope) ?? 'unsure');
  if (kinds.includes('secret')) return 'sk';
  return kinds.includes('unsure') ? undefined : 'pk';
}
