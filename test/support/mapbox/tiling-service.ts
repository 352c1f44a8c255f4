/**
 * The Mapbox Tiling Service as far as a release pipeline sees it: sources, changesets, recipes, tilesets and jobs. It
 * makes no tiles. Paths and scopes [Mapbox, Tiling Service]; the shapes of the responses as tilesets-cli 2.2 and
 * Mapbox's SDK read them.
 */

import { type Account, compare } from './account.ts';
import { mayBeUsedHere } from './allowed-urls.ts';
import {
  type ApiCall,
  type ApiResponse,
  bodyObject,
  isObject,
  notFound,
  reject,
  respond,
} from './messages.ts';
import { UploadedFiles, uploadScopes } from './tiling-files.ts';
import { advance, describeJob, type Job } from './tiling-job.ts';
import { tilingPage } from './tiling-page.ts';
import {
  layersOf,
  mentioned,
  type Recipe,
  recipeErrors,
  sourcesOf,
  validateRecipe,
} from './tiling-recipe.ts';
import { newId } from './token-format.ts';

type Scope = 'tilesets:read' | 'tilesets:write' | 'tilesets:list';

interface Tileset {
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

export class TilingService {
  readonly #account: Account;
  readonly #now: () => number;
  readonly #uploads: { readonly sources: UploadedFiles; readonly changesets: UploadedFiles };
  readonly #tilesets = new Map<string, Tileset>();

  /** An empty service for one account; `now` gives milliseconds. */
  constructor(account: Account, now: () => number) {
    this.#account = account;
    this.#now = now;
    this.#uploads = {
      sources: new UploadedFiles('source', account.username),
      changesets: new UploadedFiles('changeset', account.username),
    };
  }

  /** Answers a call below `/tilesets/v1`, `/activity/v1` or `/v4`; `undefined` for a path that is none of these. */
  answer(call: ApiCall): ApiResponse | undefined {
    const [api, version, ...rest] = call.segments;
    if (api === 'tilesets' && version === 'v1') return this.#tilesetsApi(call, rest);
    if (api === 'activity' && version === 'v1' && rest[1] === 'tilesets' && rest.length === 2) {
      if (call.method !== 'GET') return undefined;
      return this.#demand(call, 'tilesets:list', rest[0]) ?? this.#activity(call);
    }
    if (api === 'v4' && version?.endsWith('.json') && rest.length === 0 && call.method === 'GET') {
      return this.#demand(call, undefined, undefined) ?? this.#tilejson(version.slice(0, -'.json'.length));
    }
    return undefined;
  }

  /** The jobs of a tileset, as a test reads them: without moving them on. */
  jobs(tileset: string): readonly { readonly id: string; readonly stage: Job['stage'] }[] {
    return this.#tilesets.get(tileset)?.jobs ?? [];
  }

  #tilesetsApi(call: ApiCall, rest: readonly string[]): ApiResponse | undefined {
    const [first, second, third, ...more] = rest;
    if (first === undefined || more.length > 0) return undefined;
    if (first === 'sources' || first === 'changesets') return this.#uploadsApi(call, first, second, third);
    if (call.method === 'PUT' && second === undefined && first === 'validateRecipe') {
      return this.#demand(call, 'tilesets:write', undefined) ?? validateRecipe(call);
    }
    if (call.method === 'PUT' && second === undefined && first === 'queue') {
      return this.#demand(call, 'tilesets:read', undefined) ?? this.#queue();
    }
    if (!first.includes('.')) {
      if (second !== undefined || call.method !== 'GET') return undefined;
      return this.#demand(call, 'tilesets:list', first) ?? this.#list(call);
    }
    return this.#tilesetApi(call, first, second, third);
  }

  #uploadsApi(
    call: ApiCall,
    kind: 'sources' | 'changesets',
    username: string | undefined,
    name: string | undefined,
  ): ApiResponse | undefined {
    if (username === undefined) return undefined;
    const scopes: Readonly<Record<string, Scope>> = uploadScopes[name === undefined ? 'all' : 'one'];
    const scope = scopes[call.method];
    if (scope === undefined) return undefined;
    const uploads = this.#uploads[kind];
    return (
      this.#demand(call, scope, username) ??
      (name === undefined ? uploads.list(call) : uploads.answer(call, name))
    );
  }

  #tilesetApi(
    call: ApiCall,
    id: string,
    what: string | undefined,
    job: string | undefined,
  ): ApiResponse | undefined {
    const route = `${call.method} ${what ?? ''}${job === undefined ? '' : '/job'}`;
    const scope = tilesetScopes[route];
    if (scope === undefined) return undefined;
    const refused = this.#demand(call, scope, id.slice(0, id.indexOf('.')));
    if (refused !== undefined) return refused;

    if (route === 'POST ') return this.#create(call, id);
    const tileset = this.#tilesets.get(id);
    if (tileset === undefined) return notFound();
    switch (route) {
      case 'DELETE ':
        this.#tilesets.delete(id);
        return respond(204);
      case 'PATCH ':
        return this.#change(call, tileset) ?? respond(204);
      case 'GET recipe':
        return respond(200, { id, recipe: tileset.recipe });
      case 'PATCH recipe':
        return this.#changeRecipe(call, tileset);
      case 'POST publish':
        return this.#publish(tileset, sourcesOf(tileset.recipe), 'sources');
      case 'POST publish-changesets': {
        const body = bodyObject(call);
        if (body === undefined) return reject(400, 'Bad Request');
        return this.#publish(tileset, mentioned(body, 'mapbox://tileset-changeset/'), 'changesets');
      }
      case 'GET jobs':
        return this.#jobs(call, tileset);
      case 'GET status': {
        const [newest] = tileset.jobs;
        if (newest === undefined) return notFound();
        return respond(200, { id, latest_job: newest.id, status: advance(newest).stage });
      }
      default: {
        const found = tileset.jobs.find(({ id }) => id === job);
        return found === undefined ? notFound() : respond(200, describeJob(tileset.id, advance(found)));
      }
    }
  }

  /** The rejection of a call with no token, a bad one or one without the scope; `undefined` where nothing is wrong. */
  #demand(call: ApiCall, scope: Scope | undefined, username: string | undefined): ApiResponse | undefined {
    const text = call.query.get('access_token');
    if (!text) return reject(401, 'Not Authorized - No Token');
    const examined = this.#account.examine(text);
    if (!('token' in examined) || examined.code !== 'TokenValid')
      return reject(401, 'Not Authorized - Invalid Token');
    if (examined.usage !== 'tk' && !mayBeUsedHere(examined.token, call.headers))
      return reject(403, 'Forbidden');
    if (scope !== undefined && !examined.token.scopes.includes(scope)) {
      return reject(403, `This endpoint requires a token with ${scope} scope`);
    }
    // Another account's is not found, in a JSON text that is not an object [Mapbox CLI].
    return username === undefined || username === this.#account.username
      ? undefined
      : respond(404, 'Not found');
  }

  #create(call: ApiCall, id: string): ApiResponse {
    const body = bodyObject(call);
    if (body === undefined) return reject(400, 'Bad Request');
    if (!/^[a-z0-9_-]{1,32}\.[a-z0-9_-]{1,32}$/i.test(id)) return reject(400, 'Invalid tileset id');
    if (this.#tilesets.has(id)) return reject(400, `${id} already exists`);
    const { name, recipe } = body;
    if (typeof name !== 'string' || name === '') return reject(400, 'A name is required');
    const errors = recipeErrors(recipe);
    if (!isObject(recipe) || errors.length > 0) return respond(400, { message: 'Recipe is invalid', errors });
    const now = new Date(this.#now()).toISOString();
    const tileset: Tileset = {
      id,
      name,
      description: '',
      visibility: 'private',
      recipe,
      created: now,
      modified: now,
      jobs: [],
    };
    const refused = this.#change(call, tileset);
    if (refused !== undefined) return refused;
    this.#tilesets.set(id, tileset);
    return respond(200, {
      message: `Successfully created empty tileset ${id}. Publish your tileset to begin processing your data into vector tiles.`,
    });
  }

  /** Takes over name, description and privacy; an answer when the body is none. */
  #change(call: ApiCall, tileset: Tileset): ApiResponse | undefined {
    const body = bodyObject(call);
    if (body === undefined) return reject(400, 'Bad Request');
    const { name, description } = body;
    if (typeof name === 'string') tileset.name = name;
    if (typeof description === 'string') tileset.description = description;
    if (typeof body['private'] === 'boolean') tileset.visibility = body['private'] ? 'private' : 'public';
    tileset.modified = new Date(this.#now()).toISOString();
    return undefined;
  }

  #changeRecipe(call: ApiCall, tileset: Tileset): ApiResponse {
    const recipe = bodyObject(call);
    const errors = recipeErrors(recipe);
    if (recipe === undefined || errors.length > 0)
      return respond(400, { message: 'Recipe is invalid', errors });
    tileset.recipe = recipe;
    tileset.modified = new Date(this.#now()).toISOString();
    return respond(204);
  }

  /** Queues a job; one that needs files which are not there will fail. */
  #publish(tileset: Tileset, needed: readonly string[], kind: 'sources' | 'changesets'): ApiResponse {
    const job: Job = {
      id: newId(),
      created: this.#now(),
      recipe: tileset.recipe,
      errors: needed.filter(uri => !this.#uploads[kind].has(uri)).map(uri => `${uri} does not exist`),
      stage: 'queued',
    };
    tileset.jobs.unshift(job);
    return respond(200, { message: `Processing ${tileset.id}`, jobId: job.id });
  }

  #jobs(call: ApiCall, tileset: Tileset): ApiResponse {
    const stage = call.query.get('stage');
    const jobs = tileset.jobs.filter(job => stage === null || job.stage === stage);
    // Only what is shown moves on: `status` reads the newest job and no other.
    return tilingPage(
      call,
      jobs,
      job => job.id,
      job => describeJob(tileset.id, advance(job)),
    );
  }

  #list(call: ApiCall): ApiResponse {
    const { query } = call;
    const type = query.get('type');
    const visibility = query.get('visibility');
    const sortedBy = query.get('sortby') === 'modified' ? 'modified' : 'created';
    const tilesets = [...this.#tilesets.values()]
      .filter(
        tileset =>
          (type ?? 'vector') === 'vector' && (visibility ?? tileset.visibility) === tileset.visibility,
      )
      .sort((a, b) => compare(b[sortedBy], a[sortedBy]));
    return tilingPage(call, tilesets, tileset => tileset.id, describeTileset);
  }

  #activity(call: ApiCall): ApiResponse {
    return tilingPage(
      call,
      [...this.#tilesets.values()],
      tileset => tileset.id,
      tileset => ({ id: tileset.id, requests: 0, last_modified: tileset.modified, layers: [] }),
    );
  }

  #queue(): ApiResponse {
    const waiting = [...this.#tilesets.values()]
      .flatMap(({ jobs }) => jobs)
      .filter(({ stage }) => stage === 'queued');
    return respond(200, { total: waiting.length });
  }

  #tilejson(ids: string): ApiResponse {
    const tilesets = ids.split(',').map(id => this.#tilesets.get(id));
    const published = tilesets.filter(tileset => tileset?.jobs.some(({ stage }) => stage === 'success'));
    const [first] = published;
    if (first === undefined || published.length < tilesets.length) return notFound();
    return respond(200, {
      tilejson: '2.2.0',
      id: ids,
      name: published.map(tileset => tileset?.name ?? '').join(','),
      format: 'pbf',
      minzoom: 0,
      maxzoom: 5,
      tiles: [],
      vector_layers: Object.keys(layersOf(first.recipe)).map(id => ({ id, fields: {} })),
    });
  }
}

const tilesetScopes: Readonly<Record<string, Scope>> = {
  'POST ': 'tilesets:write',
  'PATCH ': 'tilesets:write',
  'DELETE ': 'tilesets:write',
  'GET recipe': 'tilesets:list',
  'PATCH recipe': 'tilesets:write',
  'POST publish': 'tilesets:write',
  'POST publish-changesets': 'tilesets:write',
  'GET jobs': 'tilesets:list',
  'GET status': 'tilesets:list',
  'GET jobs/job': 'tilesets:read',
};

function describeTileset(tileset: Tileset): unknown {
  return {
    type: 'vector',
    center: [0, 0, 0],
    created: tileset.created,
    description: tileset.description,
    filesize: 0,
    id: tileset.id,
    modified: tileset.modified,
    name: tileset.name,
    visibility: tileset.visibility,
    status: 'available',
  };
}
