/** Recipes of tilesets, validated as a whole: the options of their layers are not. */

import { type ApiCall, type ApiResponse, bodyObject, isObject, reject, respond } from './messages.ts';

export type Recipe = Readonly<Record<string, unknown>>;

/** `PUT /tilesets/v1/validateRecipe`. */
export function validateRecipe(call: ApiCall): ApiResponse {
  const recipe = bodyObject(call);
  if (recipe === undefined) return reject(400, 'Bad Request');
  const errors = recipeErrors(recipe);
  return respond(200, errors.length === 0 ? { valid: true } : { valid: false, errors });
}

/** The problems of a recipe. */
export function recipeErrors(recipe: unknown): string[] {
  if (!isObject(recipe)) return ['A recipe is an object'];
  const layers = Object.entries(layersOf(recipe));
  return [
    ...(recipe['version'] === 1 ? [] : ['version must be 1']),
    ...(layers.length > 0 ? [] : ['layers must have a layer']),
    ...layers
      .filter(([, layer]) => !isObject(layer) || typeof layer['source'] !== 'string')
      .map(([name]) => `layer ${name} needs a source`),
  ];
}

export function layersOf(recipe: Recipe): Readonly<Record<string, unknown>> {
  return isObject(recipe['layers']) ? recipe['layers'] : {};
}

export function sourcesOf(recipe: Recipe): string[] {
  return Object.values(layersOf(recipe)).flatMap(layer =>
    isObject(layer) && typeof layer['source'] === 'string' ? [layer['source']] : [],
  );
}

/** All strings anywhere in a value with this prefix. */
export function mentioned(value: unknown, prefix: string): string[] {
  if (typeof value === 'string') return value.startsWith(prefix) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(inner => mentioned(inner, prefix));
}
