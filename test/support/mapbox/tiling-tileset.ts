/** Tilesets: their sources, changes and descriptions. */

import { type ApiCall, type ApiResponse, bodyObject, isObject, reject, respond } from './messages.ts';
import type { Job } from './tiling-job.ts';
import { layersOf, type Recipe, recipeErrors } from './tiling-recipe.ts';

export interface Tileset {
  /** `username.name`. */
  readonly id: string;
  name: string;
  description: string;
  visibility: 'public' | 'private';
  recipe: Recipe;
  readonly created: string;
  modified: string;
  readonly jobs: Job[];
}

/** A new tileset from a request's body, or the rejection of that. `now` in milliseconds. */
export function createTileset(call: ApiCall, id: string, now: number): Tileset | ApiResponse {
  const body = bodyObject(call);
  if (body === undefined) return reject(400, 'Bad Request');
  if (!/^[a-z0-9_-]{1,32}\.[a-z0-9_-]{1,32}$/i.test(id)) return reject(400, 'Invalid tileset id');
  const { name, recipe } = body;
  if (typeof name !== 'string' || name === '') return reject(400, 'A name is required');
  const errors = recipeErrors(recipe);
  if (!isObject(recipe) || errors.length > 0) return respond(400, { message: 'Recipe is invalid', errors });
  const created = new Date(now).toISOString();
  const empty = { id, name, recipe, created, modified: created, jobs: [] };
  const tileset: Tileset = { ...empty, description: '', visibility: 'private' };
  return changeTileset(call, tileset, now) ?? tileset;
}

/** Applies name, description and privacy; a rejection if the body is invalid. */
export function changeTileset(call: ApiCall, tileset: Tileset, now: number): ApiResponse | undefined {
  const body = bodyObject(call);
  if (body === undefined) return reject(400, 'Bad Request');
  const { name, description } = body;
  if (typeof name === 'string') tileset.name = name;
  if (typeof description === 'string') tileset.description = description;
  if (typeof body['private'] === 'boolean') tileset.visibility = body['private'] ? 'private' : 'public';
  tileset.modified = new Date(now).toISOString();
  return undefined;
}

export function changeRecipe(call: ApiCall, tileset: Tileset, now: number): ApiResponse {
  const recipe = bodyObject(call);
  const errors = recipeErrors(recipe);
  if (recipe === undefined || errors.length > 0) {
    return respond(400, { message: 'Recipe is invalid', errors });
  }
  tileset.recipe = recipe;
  tileset.modified = new Date(now).toISOString();
  return respond(204);
}

/** A tileset in a list. */
export function describeTileset(tileset: Tileset): unknown {
  const { created, description, id, modified, name, visibility } = tileset;
  const fixed = { type: 'vector', center: [0, 0, 0], filesize: 0, status: 'available' };
  return { ...fixed, created, description, id, modified, name, visibility };
}

/** The TileJSON of published tilesets. */
export function tileJson(ids: string, tilesets: readonly Tileset[]): unknown {
  return {
    tilejson: '2.2.0',
    id: ids,
    name: tilesets.map(({ name }) => name).join(','),
    format: 'pbf',
    minzoom: 0,
    maxzoom: 5,
    tiles: [],
    vector_layers: Object.keys(layersOf(tilesets[0]?.recipe ?? {})).map(id => ({ id, fields: {} })),
  };
}
