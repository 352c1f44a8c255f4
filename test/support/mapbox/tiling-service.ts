/**
 * The Mapbox Tiling Service as far as a release pipeline sees it: sources, changesets, recipes, tilesets and jobs. It
 * makes no tiles. Paths and scopes [D: MTS] facts, section 5.1; the shapes of the answers as tilesets-cli 2.2 and
 * Mapbox's SDK read them [C].
 */

import { type Account, compare } from './account.ts';
import { limitOf, page } from './pages.ts';
import { newId } from './token-format.ts';
import { mayBeUsedHere } from './tokens-api.ts';
import { type Answer, answer, bodyObject, type Call, isObject, notFound, refuse } from './wire.ts';

type Recipe = Readonly<Record<string, unknown>>;
type Scope = 'tilesets:read' | 'tilesets:write' | 'tilesets:list';

/** Uploaded files: a source, or a changeset. */
interface Files {
  readonly name: string;
  files: number;
  /** Bytes of all files. */
  size: number;
}

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

interface Job {
  readonly id: string;
  readonly created: number;
  readonly recipe: Recipe;
  readonly errors: string[];
  stage: 'queued' | 'processing' | 'success' | 'failed';
}

const missing = (): Answer => notFound();

export class TilingService {
  readonly #account: Account;
  readonly #now: () => number;
  readonly #stores = { sources: new Map<string, Files>(), changesets: new Map<string, Files>() };
  readonly #tilesets = new Map<string, Tileset>();

  /** An empty service for one account; `now` gives milliseconds. */
  constructor(account: Account, now: () => number) {
    this.#account = account;
    this.#now = now;
  }

  /** Answers a call below `/tilesets/v1`, `/activity/v1` or `/v4`; `undefined` for a path that is none of these. */
  answer(call: Call): Answer | undefined {
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

  /** A job of the account, as a test looks at it: without getting it on. */
  jobs(tileset: string): readonly { readonly id: string; readonly stage: Job['stage'] }[] {
    return this.#tilesets.get(tileset)?.jobs ?? [];
  }

  #tilesetsApi(call: Call, rest: readonly string[]): Answer | undefined {
    const [first, second, third, ...more] = rest;
    if (first === undefined || more.length > 0) return undefined;
    if (first === 'sources' || first === 'changesets') return this.#filesApi(call, first, second, third);
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

  #filesApi(
    call: Call,
    kind: 'sources' | 'changesets',
    username: string | undefined,
    name: string | undefined,
  ): Answer | undefined {
    if (username === undefined) return undefined;
    const scopes: Readonly<Record<string, Scope>> =
      name === undefined
        ? { GET: 'tilesets:list' }
        : { GET: 'tilesets:read', POST: 'tilesets:write', PUT: 'tilesets:write', DELETE: 'tilesets:write' };
    const scope = scopes[call.method];
    if (scope === undefined) return undefined;
    const refused = this.#demand(call, scope, username);
    if (refused !== undefined) return refused;

    const store = this.#stores[kind];
    const uri = (files: Files): string =>
      `mapbox://tileset-${kind.slice(0, -1)}/${this.#account.username}/${files.name}`;
    if (name === undefined) {
      return this.#page(
        call,
        [...store.values()],
        files => files.name,
        files => ({ id: uri(files), files: files.files, size: files.size }),
      );
    }
    const found = store.get(name);
    if (call.method === 'GET') {
      if (found === undefined) return missing();
      return answer(200, {
        id: uri(found),
        files: found.files,
        size: found.size,
        size_nice: `${found.size}B`,
      });
    }
    if (call.method === 'DELETE') return store.delete(name) ? answer(204) : missing();
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(name)) return refuse(400, 'Invalid id');
    const size = uploadedSize(call);
    if (size === undefined) return refuse(400, 'No file was uploaded');
    // POST adds a file, PUT puts it in the place of all.
    const files = found !== undefined && call.method === 'POST' ? found : { name, files: 0, size: 0 };
    files.files += 1;
    files.size += size;
    store.set(name, files);
    return answer(200, { id: uri(files), files: files.files, file_size: size, source_size: files.size });
  }

  #tilesetApi(call: Call, id: string, what: string | undefined, job: string | undefined): Answer | undefined {
    const route = `${call.method} ${what ?? ''}${job === undefined ? '' : '/job'}`;
    const scope = tilesetScopes[route];
    if (scope === undefined) return undefined;
    const refused = this.#demand(call, scope, id.slice(0, id.indexOf('.')));
    if (refused !== undefined) return refused;

    if (route === 'POST ') return this.#create(call, id);
    const tileset = this.#tilesets.get(id);
    if (tileset === undefined) return missing();
    switch (route) {
      case 'DELETE ':
        this.#tilesets.delete(id);
        return answer(204);
      case 'PATCH ':
        return this.#change(call, tileset) ?? answer(204);
      case 'GET recipe':
        return answer(200, { id, recipe: tileset.recipe });
      case 'PATCH recipe':
        return this.#changeRecipe(call, tileset);
      case 'POST publish':
        return this.#publish(tileset, sourcesOf(tileset.recipe), 'sources');
      case 'POST publish-changesets': {
        const body = bodyObject(call);
        if (body === undefined) return refuse(400, 'Bad Request');
        return this.#publish(tileset, mentioned(body, 'mapbox://tileset-changeset/'), 'changesets');
      }
      case 'GET jobs':
        return this.#jobs(call, tileset);
      case 'GET status': {
        const [newest] = tileset.jobs;
        if (newest === undefined) return missing();
        return answer(200, { id, latest_job: newest.id, status: getOn(newest).stage });
      }
      default: {
        const found = tileset.jobs.find(({ id }) => id === job);
        return found === undefined ? missing() : answer(200, describeJob(tileset, getOn(found)));
      }
    }
  }

  /** What stands against this call: no token, a bad one, one without the scope; `undefined` when nothing does. */
  #demand(call: Call, scope: Scope | undefined, username: string | undefined): Answer | undefined {
    const text = call.query.get('access_token');
    if (!text) return refuse(401, 'Not Authorized - No Token');
    const examined = this.#account.examine(text);
    if (!('token' in examined) || examined.code !== 'TokenValid')
      return refuse(401, 'Not Authorized - Invalid Token');
    if (examined.usage !== 'tk' && !mayBeUsedHere(examined.token, call)) return refuse(403, 'Forbidden');
    if (scope !== undefined && !examined.token.scopes.includes(scope)) {
      return refuse(403, `This endpoint requires a token with ${scope} scope`);
    }
    return username === undefined || username === this.#account.username ? undefined : missing();
  }

  #create(call: Call, id: string): Answer {
    const body = bodyObject(call);
    if (body === undefined) return refuse(400, 'Bad Request');
    if (!/^[a-z0-9_-]{1,32}\.[a-z0-9_-]{1,32}$/i.test(id)) return refuse(400, 'Invalid tileset id');
    if (this.#tilesets.has(id)) return refuse(400, `${id} already exists`);
    const { name, recipe } = body;
    if (typeof name !== 'string' || name === '') return refuse(400, 'A name is required');
    const errors = faultsOf(recipe);
    if (!isObject(recipe) || errors.length > 0) return answer(400, { message: 'Recipe is invalid', errors });
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
    return answer(200, {
      message: `Successfully created empty tileset ${id}. Publish your tileset to begin processing your data into vector tiles.`,
    });
  }

  /** Takes over name, description and privacy; an answer when the body is none. */
  #change(call: Call, tileset: Tileset): Answer | undefined {
    const body = bodyObject(call);
    if (body === undefined) return refuse(400, 'Bad Request');
    const { name, description } = body;
    if (typeof name === 'string') tileset.name = name;
    if (typeof description === 'string') tileset.description = description;
    if (typeof body['private'] === 'boolean') tileset.visibility = body['private'] ? 'private' : 'public';
    tileset.modified = new Date(this.#now()).toISOString();
    return undefined;
  }

  #changeRecipe(call: Call, tileset: Tileset): Answer {
    const recipe = bodyObject(call);
    const errors = faultsOf(recipe);
    if (recipe === undefined || errors.length > 0)
      return answer(400, { message: 'Recipe is invalid', errors });
    tileset.recipe = recipe;
    tileset.modified = new Date(this.#now()).toISOString();
    return answer(204);
  }

  /** Queues a job; one that needs files which are not there will fail. */
  #publish(tileset: Tileset, needed: readonly string[], kind: 'sources' | 'changesets'): Answer {
    const there = new Set(
      [...this.#stores[kind].keys()].map(
        name => `mapbox://tileset-${kind.slice(0, -1)}/${this.#account.username}/${name}`,
      ),
    );
    const job: Job = {
      id: newId(),
      created: this.#now(),
      recipe: tileset.recipe,
      errors: needed.filter(uri => !there.has(uri)).map(uri => `${uri} does not exist`),
      stage: 'queued',
    };
    tileset.jobs.unshift(job);
    return answer(200, { message: `Processing ${tileset.id}`, jobId: job.id });
  }

  #jobs(call: Call, tileset: Tileset): Answer {
    const stage = call.query.get('stage');
    const jobs = tileset.jobs.filter(job => stage === null || job.stage === stage);
    // Only what is shown gets on: `status` looks at the newest job, and the older ones are none of its business.
    return this.#page(
      call,
      jobs,
      job => job.id,
      job => describeJob(tileset, getOn(job)),
    );
  }

  #list(call: Call): Answer {
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
    return this.#page(call, tilesets, tileset => tileset.id, describeTileset);
  }

  #activity(call: Call): Answer {
    return this.#page(
      call,
      [...this.#tilesets.values()],
      tileset => tileset.id,
      tileset => ({ id: tileset.id, requests: 0, last_modified: tileset.modified, layers: [] }),
    );
  }

  #queue(): Answer {
    const waiting = [...this.#tilesets.values()]
      .flatMap(({ jobs }) => jobs)
      .filter(({ stage }) => stage === 'queued');
    return answer(200, { total: waiting.length });
  }

  #tilejson(ids: string): Answer {
    const tilesets = ids.split(',').map(id => this.#tilesets.get(id));
    const published = tilesets.filter(tileset => tileset?.jobs.some(({ stage }) => stage === 'success'));
    const [first] = published;
    if (first === undefined || published.length < tilesets.length) return missing();
    return answer(200, {
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

  #page<Item>(
    call: Call,
    items: readonly Item[],
    keyOf: (item: Item) => string,
    shown: (item: Item) => unknown,
  ): Answer {
    const limit = limitOf(call, 100, 500);
    if (limit === undefined) return refuse(422, 'limit must be between 1 and 500');
    const start = call.query.get('start');
    const from = start === null ? 0 : items.findIndex(item => keyOf(item) === start) + 1;
    if (start !== null && from === 0) return refuse(422, 'start is invalid');
    return page(call, items.slice(from), limit, keyOf, shown);
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

/** Gets a job on by one stage, so that who polls sees all of them and need not wait for a clock. */
function getOn(job: Job): Job {
  const seen = { ...job };
  if (job.stage === 'queued') job.stage = 'processing';
  else if (job.stage === 'processing') job.stage = job.errors.length > 0 ? 'failed' : 'success';
  return seen;
}

function describeJob(tileset: Tileset, job: Job): unknown {
  return {
    id: job.id,
    stage: job.stage,
    created: job.created,
    created_nice: new Date(job.created).toUTCString(),
    published: job.created,
    tilesetId: tileset.id,
    errors: job.stage === 'failed' ? job.errors : [],
    warnings: [],
    recipe: job.recipe,
  };
}

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

function validateRecipe(call: Call): Answer {
  const recipe = bodyObject(call);
  if (recipe === undefined) return refuse(400, 'Bad Request');
  const errors = faultsOf(recipe);
  return answer(200, errors.length === 0 ? { valid: true } : { valid: false, errors });
}

/** What is wrong with a recipe as a whole; the options of its layers are not looked at. */
function faultsOf(recipe: unknown): string[] {
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

function layersOf(recipe: Recipe): Readonly<Record<string, unknown>> {
  return isObject(recipe['layers']) ? recipe['layers'] : {};
}

function sourcesOf(recipe: Recipe): string[] {
  return Object.values(layersOf(recipe)).flatMap(layer =>
    isObject(layer) && typeof layer['source'] === 'string' ? [layer['source']] : [],
  );
}

/** All texts anywhere in a value that begin so. */
function mentioned(value: unknown, prefix: string): string[] {
  if (typeof value === 'string') return value.startsWith(prefix) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(inner => mentioned(inner, prefix));
}

/** The bytes of the field `file` in a multipart/form-data body; `undefined` when there is none. */
function uploadedSize(call: Call): number | undefined {
  const type = call.headers['content-type'] ?? '';
  const boundary = /^multipart\/form-data\b.*;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type);
  const delimiter = Buffer.from(`--${boundary?.[1] ?? boundary?.[2]}`);
  if (boundary === null) return undefined;
  let from = call.bytes.indexOf(delimiter);
  while (from !== -1) {
    const to = call.bytes.indexOf(Buffer.from(`\r\n${delimiter.toString()}`), from + delimiter.length);
    if (to === -1) return undefined;
    const part = call.bytes.subarray(from + delimiter.length + 2, to);
    const head = part.indexOf('\r\n\r\n');
    if (head !== -1 && /;\s*name="?file"?(?:;|\r|$)/i.test(part.subarray(0, head).toString('utf8'))) {
      return part.length - head - 4;
    }
    from = to + 2;
  }
  return undefined;
}
