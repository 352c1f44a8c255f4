/**
 * Checks requests and responses against GitHub's own description of its REST API, as far as `api.json` contains it. A
 * property that the description does not name is an error.
 */
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { type GithubRequest, type GithubResponse, isRecord, parseJson, parseTarget } from '../message.ts';
import { API_FILE, ERRORS } from './cut.ts';

/** An operation, such as `GET /repos/{owner}/{repo}/actions/secrets/public-key`. */
export interface Operation {
  /** Method and path as in GitHub's description. */
  readonly name: string;
  /** The page of GitHub's documentation. */
  readonly documentation: string;
  readonly parameters: readonly Parameter[];
  /** Validates a request's body; absent if none is described. */
  readonly body: ValidateFunction | undefined;
  /** By status; `undefined` is an empty body. */
  readonly responses: ReadonlyMap<number, ValidateFunction | undefined>;
}

interface Parameter {
  readonly name: string;
  readonly place: 'path' | 'query';
  readonly type: 'string' | 'integer' | 'boolean';
}

type Json = Readonly<Record<string, unknown>>;

const PATTERNS = { string: /^[\s\S]+$/, integer: /^\d+$/, boolean: /^(?:true|false)$/ };

const api = parseJson(readFileSync(API_FILE, 'utf8'));
const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false });
addFormats.default(ajv);
for (const word of ['source', 'paths', 'components']) ajv.addKeyword(word);
ajv.addSchema(closed(api), 'github');

/**
 * Makes objects that list their properties reject others, except errors: GitHub adds the status to each. Nullable
 * values may be null even if their enum does not list that, as in GitHub's responses.
 */
function closed(value: unknown): Json {
  const close = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(close);
    if (!isRecord(item)) return item;
    const shut = isRecord(item['properties']) && !('additionalProperties' in item);
    const inner = Object.fromEntries(
      Object.entries(item).map(([key, part]) => [key, ERRORS.includes(key) ? part : close(part)]),
    );
    if (item['nullable'] === true && Array.isArray(item['enum']))
      return { ...inner, enum: [...item['enum'], null] };
    return shut ? { ...inner, additionalProperties: false } : inner;
  };
  const record = close(value);
  if (!isRecord(record)) throw new Error('api.json is no JSON object');
  return record;
}

/** The value at these keys in `api.json`, with references resolved. */
function lookUp(...keys: readonly string[]): { readonly value: Json; readonly pointer: string } | undefined {
  let found: unknown = api;
  for (const key of keys) found = isRecord(found) ? found[key] : undefined;
  if (!isRecord(found)) return undefined;
  const reference = found['$ref'];
  if (typeof reference === 'string') return lookUp(...reference.replace('#/', '').split('/'));
  const escaped = keys.map(key => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')));
  return { value: found, pointer: `github#/${escaped.join('/')}` };
}

/** A validator of the JSON body described at these keys. */
function validatorAt(...keys: readonly string[]): ValidateFunction | undefined {
  const media = lookUp(...keys);
  if (media === undefined || !isRecord(media.value['content'])) return undefined;
  return ajv.compile({ $ref: `${media.pointer}/content/application~1json/schema` });
}

function parameterOf(value: unknown): Parameter {
  const reference = isRecord(value) ? value['$ref'] : undefined;
  const found =
    typeof reference === 'string' ? lookUp(...reference.replace('#/', '').split('/'))?.value : value;
  const { name, in: place, schema } = isRecord(found) ? found : {};
  const type = isRecord(schema) ? schema['type'] : undefined;
  const known =
    typeof name === 'string' &&
    (place === 'path' || place === 'query') &&
    (type === 'string' || type === 'integer' || type === 'boolean');
  if (!known) throw new Error(`A parameter that the check does not understand: ${JSON.stringify(value)}`);
  return { name, place, type };
}

function operationAt(path: string, method: string): Operation {
  const keys = ['paths', path, method] as const;
  const { parameters, responses, documentation } = lookUp(...keys)?.value ?? {};
  return {
    name: `${method.toUpperCase()} ${path}`,
    documentation: String(documentation),
    parameters: Array.isArray(parameters) ? parameters.map(parameterOf) : [],
    body: validatorAt(...keys, 'requestBody'),
    responses: new Map(
      Object.keys(isRecord(responses) ? responses : {}).map(status => [
        Number(status),
        validatorAt(...keys, 'responses', status),
      ]),
    ),
  };
}

/** Every operation of `api.json`, paths with fewer parameters first. */
export const OPERATIONS: readonly Operation[] = Object.entries(lookUp('paths')?.value ?? {})
  .flatMap(([path, methods]) =>
    Object.keys(isRecord(methods) ? methods : {}).map(method => operationAt(path, method)),
  )
  .sort((a, b) => a.name.split('{').length - b.name.split('{').length);

const errors = ERRORS.map(name => ajv.compile({ $ref: `github#/components/schemas/${name}` }));

/** GitHub's own example of this name, as JSON text to be parsed anew. */
export function exampleText(name: string): string {
  const example = lookUp('components', 'examples', name)?.value['value'];
  if (example === undefined) throw new Error(`api.json has no example ${name}`);
  return JSON.stringify(example);
}

/** The operation for a request, with its path parameters, still encoded. */
export function operationFor(
  method: string,
  path: string,
): { readonly operation: Operation; readonly values: ReadonlyMap<string, string> } | undefined {
  const segments = path.split('/');
  for (const operation of OPERATIONS) {
    const [verb, template = ''] = operation.name.split(' ');
    const parts = template.split('/');
    if (verb !== method || parts.length !== segments.length) continue;
    const values = new Map<string, string>();
    const fits = parts.every((part, index) => {
      const segment = segments[index] ?? '';
      if (!part.startsWith('{')) return part === segment;
      values.set(part.slice(1, -1), segment);
      return segment !== '';
    });
    if (fits) return { operation, values };
  }
  return undefined;
}

/** The problems of a request, in words; empty if it matches GitHub's description. */
export function requestProblems(request: GithubRequest): readonly string[] {
  const { path, query } = parseTarget(request.target);
  const found = operationFor(request.method, path);
  if (found === undefined) return [`${request.method} ${path}: not among the operations in api.json`];
  const { operation, values } = found;
  const problems: string[] = [];
  for (const [name, value] of [...values, ...query]) {
    const place = values.has(name) ? 'path' : 'query';
    const parameter = operation.parameters.find(known => known.name === name && known.place === place);
    if (parameter === undefined) problems.push(`no parameter ${name} in the ${place}`);
    else if (!PATTERNS[parameter.type].test(value)) problems.push(`${name} is no ${parameter.type}`);
  }
  problems.push(...bodyProblems(request, operation.body));
  return problems.map(problem => `${operation.name}: ${problem}`);
}

function bodyProblems({ headers, body }: GithubRequest, validate: ValidateFunction | undefined): string[] {
  if (validate === undefined) return body === '' ? [] : ['a body where none is described'];
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return ['the body is not sent as JSON'];
  return problemsOf(validate, parseJson(body));
}

/** The problems of a response to a request, in words. */
export function responseProblems(request: GithubRequest, response: GithubResponse): readonly string[] {
  const { path } = parseTarget(request.target);
  const operation = operationFor(request.method, path)?.operation;
  const { status, body } = response;
  const name = `${operation?.name ?? `${request.method} ${path}`}, response ${status}`;
  const described = operation?.responses;
  if (described?.has(status)) {
    const validate = described.get(status);
    if (validate !== undefined) return problemsOf(validate, body).map(problem => `${name}: ${problem}`);
    return body === undefined ? [] : [`${name}: a body where none is described`];
  }
  if (status < 300) return [`${name}: not a response that is described`];
  return errors.some(validate => validate(body)) ? [] : [`${name}: not an error of GitHub's`];
}

function problemsOf(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`.replace(' {}', ''),
  );
}
