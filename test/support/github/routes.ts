/** Maps a path to GitHub's endpoint, and to the permissions it requires of a GitHub App. */
import { decodePath } from './message.ts';

export type App = 'actions' | 'dependabot' | 'codespaces';

/** A scope with secrets and a public key of its own. */
export type Scope =
  | { readonly kind: 'repository'; readonly repository: string; readonly app: App }
  | { readonly kind: 'environment'; readonly repository: string; readonly environment: string }
  | { readonly kind: 'organization'; readonly organization: string; readonly app: App };

export type Route =
  | { readonly kind: 'public-key'; readonly scope: Scope }
  | { readonly kind: 'secret'; readonly scope: Scope; readonly name: string }
  | { readonly kind: 'selected-repositories'; readonly scope: Scope; readonly name: string }
  | {
      readonly kind: 'run-attempt';
      readonly repository: string;
      readonly run: string;
      readonly attempt: string;
      /** Whether the path is that of its jobs. */
      readonly jobs: boolean;
    };

export interface Permission {
  readonly name: string;
  readonly level: 'read' | 'write';
}

/** The endpoint at a path, `undefined` if the stand-in does not have it. */
export function parseRoute(path: string): Route | undefined {
  const [kind, owner, ...rest] = decodePath(path);
  if (owner === undefined || owner === '') return undefined;
  if (kind === 'orgs') {
    const [app, ...more] = rest;
    if (!isApp(app)) return undefined;
    return secretsRoute({ kind: 'organization', organization: owner, app }, more);
  }
  const [repo, ...more] = rest;
  if (kind !== 'repos' || repo === undefined || repo === '') return undefined;
  const repository = `${owner}/${repo}`;
  const [first, second = '', ...last] = more;
  if (first === 'environments')
    return secretsRoute({ kind: 'environment', repository, environment: second }, last);
  if (first === 'actions' && second === 'runs') {
    const [run, word, attempt, ...tail] = last;
    const jobs = tail[0] === 'jobs';
    if (run === undefined || word !== 'attempts' || attempt === undefined || tail.length > Number(jobs))
      return undefined;
    return { kind: 'run-attempt', repository, run, attempt, jobs };
  }
  return isApp(first)
    ? secretsRoute({ kind: 'repository', repository, app: first }, [second, ...last])
    : undefined;
}

function secretsRoute(scope: Scope, rest: readonly string[]): Route | undefined {
  const [word, name, tail, ...more] = rest;
  if (word !== 'secrets' || name === undefined || name === '' || more.length > 0) return undefined;
  if (tail === 'repositories' && scope.kind === 'organization')
    return { kind: 'selected-repositories', scope, name };
  if (tail !== undefined) return undefined;
  return name === 'public-key' ? { kind: 'public-key', scope } : { kind: 'secret', scope, name };
}

function isApp(text: string | undefined): text is App {
  return text === 'actions' || text === 'dependabot' || text === 'codespaces';
}

/**
 * The permissions of an endpoint, in the form of the `X-Accepted-GitHub-Permissions` header. Codespaces secrets of
 * repositories require `write` even to read [GitHub, Permissions required for GitHub Apps].
 */
export function permissionFor(route: Route, method: string): Permission {
  const level = method === 'GET' ? 'read' : 'write';
  if (route.kind === 'run-attempt') return { name: 'actions', level };
  const { scope } = route;
  if (scope.kind === 'environment') return { name: 'environments', level };
  const name = scope.app === 'actions' ? 'secrets' : `${scope.app}_secrets`;
  if (scope.kind === 'organization') return { name: `organization_${name}`, level };
  return { name, level: scope.app === 'codespaces' ? 'write' : level };
}
