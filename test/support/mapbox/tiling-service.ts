/**
 * The Mapbox Tiling Service as a release pipeline sees it: sources, changesets, recipes, tilesets and jobs, without
 * tiles. Paths and scopes [Mapbox, Tiling Service]; the shapes of the responses as tilesets-cli 2.2 and Mapbox's SDK
 * read them.
 */

import { type Account, compare } from './account.ts';
import { type ApiCall, type ApiResponse, bodyObject, notFound, reject, respond } from './messages.ts';
import { rejection, type TilesetScope } from './tiling-access.ts';
import { UploadedFiles, uploadScopes } from './tiling-files.ts';
import { advance, describeJob, type Job } from './tiling-job.ts';
import { tilingPage } from './tiling-page.ts';
import { mentioned, sourcesOf, validateRecipe } from './tiling-recipe.ts';
import {
  changeRecipe,
  changeTileset,
  createTileset,
  describeTileset,
  type Tileset,
  tileJson,
} from './tiling-tileset.ts';
import { newId } from './token-format.ts';

export class TilingService {
  readonly #account: Account;
  readonly #now: () => number;
  readonly #uploads: { readonly sources: UploadedFiles; readonly changesets: UploadedFiles };
  readonly #tilesets = new Map<string, Tileset>();

  /** An empty service for one account; `now` returns milliseconds. */
  constructor(account: Account, now: () => number) {
    this.#account = account;
    this.#now = now;
    this.#uploads = {
      sources: new UploadedFiles('source', account.username),
      changesets: new UploadedFiles('changeset', account.username),
    };
  }

  /** Handles a request below `/tilesets/v1`, `/activity/v1` or `/v4`; `undefined` for other paths. */
  answer(call: ApiCall): ApiResponse | undefined {
    const [api, version, ...rest] = call.segments;
    if (api === 'tilesets' && version === 'v1') return this.#tilesetsApi(call, rest);
    if (api === 'activity' && version === 'v1' && rest[1] === 'tilesets' && rest.length === 2) {
      if (call.method !== 'GET') return undefined;
      return rejection(this.#account, call, 'tilesets:list', rest[0]) ?? this.#activity(call);
    }
    if (api === 'v4' && version?.endsWith('.json') && rest.length === 0 && call.method === 'GET') {
      return (
        rejection(this.#account, call, undefined, undefined) ??
        this.#tilejson(version.slice(0, -'.json'.length))
      );
    }
    return undefined;
  }

  /** The jobs of a tileset, without advancing them. */
  jobs(tileset: string): readonly { readonly id: string; readonly stage: Job['stage'] }[] {
    return this.#tilesets.get(tileset)?.jobs ?? [];
  }

  #tilesetsApi(call: ApiCall, rest: readonly string[]): ApiResponse | undefined {
    const [first, second, third, ...more] = rest;
    if (first === undefined || more.length > 0) return undefined;
    if (first === 'sources' || first === 'changesets') return this.#uploadsApi(call, first, second, third);
    if (call.method === 'PUT' && second === undefined && first === 'validateRecipe') {
      return rejection(this.#account, call, 'tilesets:write', undefined) ?? validateRecipe(call);
    }
    if (call.method === 'PUT' && second === undefined && first === 'queue') {
      return rejection(this.#account, call, 'tilesets:read', undefined) ?? this.#queue();
    }
    if (!first.includes('.')) {
      if (second !== undefined || call.method !== 'GET') return undefined;
      return rejection(this.#account, call, 'tilesets:list', first) ?? this.#list(call);
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
    const scopes: Readonly<Record<string, TilesetScope>> = uploadScopes[name === undefined ? 'all' : 'one'];
    const scope = scopes[call.method];
    if (scope === undefined) return undefined;
    const uploads = this.#uploads[kind];
    return (
      rejection(this.#account, call, scope, username) ??
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
    const refused = rejection(this.#account, call, scope, id.slice(0, id.indexOf('.')));
    if (refused !== undefined) return refused;

    if (route === 'POST ') return this.#create(call, id);
    const tileset = this.#tilesets.get(id);
    if (tileset === undefined) return notFound();
    switch (route) {
      case 'DELETE ':
        this.#tilesets.delete(id);
        return respond(204);
      case 'PATCH ':
        return changeTileset(call, tileset, this.#now()) ?? respond(204);
      case 'GET recipe':
        return respond(200, { id, recipe: tileset.recipe });
      case 'PATCH recipe':
        return changeRecipe(call, tileset, this.#now());
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

  #create(call: ApiCall, id: string): ApiResponse {
    if (this.#tilesets.has(id)) return reject(400, `${id} already exists`);
    const created = createTileset(call, id, this.#now());
    if ('status' in created) return created;
    this.#tilesets.set(id, created);
    return respond(200, {
      message: `Successfully created empty tileset ${id}. Publish your tileset to begin processing your data into vector tiles.`,
    });
  }

  /** Queues a job; one that needs missing files will fail. */
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
    // Only the job shown advances: `status` reads the newest job only.
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
    const published = tilesets
      .filter(tileset => tileset !== undefined)
      .filter(({ jobs }) => jobs.some(({ stage }) => stage === 'success'));
    if (published.length < tilesets.length) return notFound();
    return respond(200, tileJson(ids, published));
  }
}

const tilesetScopes: Readonly<Record<string, TilesetScope>> = {
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
