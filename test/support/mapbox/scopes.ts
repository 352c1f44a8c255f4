/** The scopes that the stand-in's account may use, as in recent public lists of Mapbox's scopes. */

/** A scope as `GET /scopes/v1/{username}` lists it: `public` ones may be part of a `pk`. */
export interface OfferedScope {
  readonly id: string;
  readonly description: string;
  readonly public?: true;
}

const publicScopes: Readonly<Record<string, string>> = {
  'styles:tiles': 'Read styles as raster tiles and static images.',
  'styles:read': 'Read styles.',
  'fonts:read': 'Read fonts.',
  'datasets:read': 'Read datasets.',
};

const secretScopes: Readonly<Record<string, string>> = {
  'scopes:list': 'List available scopes.',
  'map:read': 'Read maps.',
  'map:write': 'Write maps.',
  'user:read': 'Read the account profile.',
  'user:write': 'Write the account profile.',
  'uploads:read': 'Read one upload.',
  'uploads:list': 'List uploads.',
  'uploads:write': 'Create and delete uploads.',
  'styles:write': 'Create, update and delete styles.',
  'styles:list': 'List styles.',
  'styles:download': 'Download styles.',
  'styles:protect': 'Protect styles.',
  'fonts:list': 'List fonts.',
  'fonts:write': 'Create, update and delete fonts.',
  'tokens:read': 'Read tokens.',
  'tokens:write': 'Create, update and delete tokens.',
  'datasets:list': 'List datasets.',
  'datasets:write': 'Create, update and delete datasets.',
  'tilesets:list': 'List tilesets.',
  'tilesets:read': 'Read tilesets.',
  'tilesets:write': 'Create, update and delete tilesets.',
  'downloads:read': 'Download SDKs.',
  'user-feedback:read': 'Read user feedback.',
  'atlas:read': 'Download Atlas data.',
};

/** The public scopes, which the default public token has. */
export const publicScopeIds: readonly string[] = Object.keys(publicScopes);

/** The scopes of a new account. */
export const offeredScopes: readonly OfferedScope[] = [
  ...Object.entries(publicScopes).map(([id, description]) => ({ id, description, public: true as const })),
  ...Object.entries(secretScopes).map(([id, description]) => ({ id, description })),
];
