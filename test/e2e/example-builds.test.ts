/**
 * Runs the scripts of the examples that build or deploy something with a token, with programs that record their inputs.
 */
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  allScriptsOf,
  getsToken,
  newWorkspace,
  onlyScriptOf,
  type Response,
  type Script,
  serve,
  TOKEN,
  watchCurl,
} from './example-scripts.ts';
import { ROOT } from './parts.ts';

/** The only matching script of an example, with its token filled in like on GitHub. */
function scriptOf(example: string, pattern: RegExp): Script {
  const [script, ...more] = allScriptsOf(example).filter(({ run }) => pattern.test(run));
  if (script === undefined || more.length > 0) throw new Error(`Not one such script in ${example}`);
  const fill = (value: string) => value.replace(/^\$\{\{ steps\.mapbox\.outputs\.token \}\}$/, TOKEN);
  return {
    ...script,
    env: Object.fromEntries(Object.entries(script.env).map(([name, value]) => [name, fill(value)])),
  };
}

it('every script of an example that gets a token runs here or in examples.test.ts', () => {
  const examples = globSync('*.yml', { cwd: join(ROOT, 'examples') }).sort();
  expect(examples.filter(example => allScriptsOf(example).some(getsToken))).toEqual([
    ...['android.yml', 'environment.yml', 'ios.yml', 'matrix.yml', 'reusable.yml', 'rotate-web-token.yml'],
    ...['styles.yml', 'tileset.yml', 'upload.yml', 'web-map.yml'],
  ]);
  const others = examples.flatMap(example =>
    allScriptsOf(example)
      .filter(script => !getsToken(script) && !script.run.startsWith('pipx install '))
      .map(({ run }) => `${example}: ${run}`),
  );
  // The first two run here; the others are npm's own.
  expect(others).toEqual([
    expect.stringMatching(/^environment\.yml: jq /),
    expect.stringMatching(/^ios\.yml: xcodebuild build /),
    'web-map.yml: npm ci',
    'web-map.yml: npm run deploy',
  ]);
});

it.each([
  ['accepts features', '{"type":"Feature"}\n{"type":"Feature"}\n', true],
  ['rejects an empty file', '', false],
  ['rejects a line that is not JSON', '{"type":"Feature"}\n{"type":\n', false],
  ['rejects a line that is not a feature, before one that is', '{}\n{"type":"Feature"}\n', false],
])('the check of environment.yml %s', async (_, data, passes) => {
  using workspace = newWorkspace();
  writeFileSync(join(workspace.path, 'data/parks.ldgeojson'), data);
  const { run, env } = scriptOf('environment.yml', /^jq /);
  const { code } = await workspace.run(run, env);
  expect(code === 0).toBe(passes);
});

describe.each([0, 1])('a build that ends with %i', code => {
  it('gets the token as a Gradle property in android.yml', async () => {
    using workspace = newWorkspace();
    workspace.program('gradlew', `echo "$* with $ORG_GRADLE_PROJECT_MAPBOX_DOWNLOADS_TOKEN"; exit ${code}`);
    const { run, env } = scriptOf('android.yml', /gradlew/);
    const result = await workspace.run(run.replace('./', 'bin/'), env);
    expect(result).toMatchObject({ code, stdout: `--no-daemon assembleRelease with ${TOKEN}\n` });
  });

  it('gets the token in the variable that Vite reads in web-map.yml', async () => {
    using workspace = newWorkspace();
    const build = `echo $VITE_MAPBOX_TOKEN && exit ${code}`;
    writeFileSync(join(workspace.path, 'package.json'), JSON.stringify({ scripts: { build } }));
    const { run, env } = scriptOf('web-map.yml', /run build/);
    const result = await workspace.run(run, { ...env, npm_config_update_notifier: 'false' });
    expect(result).toMatchObject({ code, stdout: expect.stringContaining(`\n${TOKEN}\n`) });
  });

  it('has the token in ~/.netrc in ios.yml during the download only', async () => {
    using workspace = newWorkspace();
    workspace.program('xcodebuild', `ls -l ~/.netrc; cat ~/.netrc; exit ${code}`);
    const { run, env } = scriptOf('ios.yml', /netrc/);
    const result = await workspace.run(run, env);
    expect(result.shown).toMatch(/^-rw-------/);
    expect(result.shown).toContain(`machine api.mapbox.com\nlogin mapbox\npassword ${TOKEN}\n`);
    expect(result.code).toBe(code);
    expect(await workspace.run('cat ~/.netrc')).toMatchObject({ code: 1 });
  });
});

describe('ios.yml', () => {
  it('keeps an existing ~/.netrc', async () => {
    using workspace = newWorkspace();
    workspace.program('xcodebuild', 'echo downloading');
    writeFileSync(join(workspace.path, '.netrc'), 'machine example.com\n');
    const { run, env } = scriptOf('ios.yml', /netrc/);
    const result = await workspace.run(run, env);
    expect(result).toMatchObject({ code: 1, stdout: expect.stringContaining('Move it away') });
    expect(await workspace.run('cat ~/.netrc')).toMatchObject({ stdout: 'machine example.com\n' });
  });

  it('builds with the downloaded packages, without the token', async () => {
    using workspace = newWorkspace();
    workspace.program('xcodebuild', 'echo "$*"');
    const folder = '-clonedSourcePackagesDirPath packages';
    const { run, env } = scriptOf('ios.yml', /^xcodebuild build /);
    expect(await workspace.run(run, env)).toMatchObject({ code: 0, stdout: expect.stringContaining(folder) });
    expect(scriptOf('ios.yml', /netrc/).run).toContain(folder);
    expect(env).toEqual({});
  });
});

/**
 * Netlify's `setEnvVarValue`, by its own OpenAPI description (npm's `@netlify/open-api` 2.60.0): PATCH
 * `/accounts/{account_id}/env/{key}` with `site_id` in the query and `context` and `value` in the body; 201 with the
 * variable, its values in plain text.
 */
describe('rotate-web-token.yml', () => {
  const NETLIFY_TOKEN = 'netlify-token';
  const { run } = onlyScriptOf('rotate-web-token.yml');

  async function give(...responses: readonly Response[]) {
    using workspace = newWorkspace();
    const isAuthorized = ({ authorization }: { authorization: string | undefined }) =>
      authorization === `Bearer ${NETLIFY_TOKEN}`;
    await using server = await serve(responses, isAuthorized);
    const argumentsSeen = watchCurl(workspace);
    const API = `${server.url.origin}/api/v1`;
    const variables = { API, WEB_TOKEN: TOKEN, NETLIFY_TOKEN, ACCOUNT: 'octo', SITE: 'site-id' };
    const result = await workspace.run(run, variables);
    for (const token of [TOKEN, NETLIFY_TOKEN]) expect(argumentsSeen()).not.toContain(token);
    return { ...result, seen: server.seen };
  }

  it("sets the site's variable, and shows nothing of Netlify's response", async () => {
    const values = [{ id: '1', context: 'all', value: TOKEN }];
    const { code, shown, seen } = await give([201, { key: 'MAPBOX_TOKEN', scopes: ['builds'], values }]);
    expect(seen).toMatchObject([
      { method: 'PATCH', path: '/api/v1/accounts/octo/env/MAPBOX_TOKEN', query: 'site_id=site-id' },
    ]);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ context: 'all', value: TOKEN });
    expect({ code, shown }).toEqual({ code: 0, shown: '' });
  });

  it('fails when Netlify rejects the request, and shows its message', async () => {
    const { code, shown, seen } = await give([404, { code: 404, message: 'No such variable' }]);
    expect(shown).toContain('No such variable');
    expect(seen).toHaveLength(1);
    expect(code).toBe(1);
  });
});
