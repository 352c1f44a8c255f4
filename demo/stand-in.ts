/**
 * `node demo/stand-in.ts`: stand-ins for Mapbox and GitHub that stay until SIGTERM, for the workflows that try the
 * actions themselves. It says where they are and which tokens they take: as step outputs, or as JSON without a runner.
 *
 * With `--behind-proxy`, Mapbox has a certificate of an authority of its own and is behind a proxy, as for a client whose
 * proxy inspects TLS: the outputs `proxy` and `ca` are what HTTPS_PROXY and NODE_EXTRA_CA_CERTS need.
 */
import { appendFileSync } from 'node:fs';
import { startGithub } from '../test/support/github/server.ts';
import { startMapbox } from '../test/support/mapbox/server.ts';

const DAY_MS = 86_400_000;
const {
  GITHUB_OUTPUT: output,
  GITHUB_REPOSITORY: repository = 'octo-org/maps',
  GITHUB_REPOSITORY_ID: repositoryId = '123456789',
  GITHUB_SERVER_URL: server = 'https://github.com',
} = process.env;

const network = process.argv.includes('--behind-proxy') ? await behindProxy() : undefined;
const mapbox = await startMapbox(network === undefined ? {} : { tls: network.tls });
/** An hour ago: a rotation lets tokens and secrets rest for two minutes before it replaces them. */
let age = DAY_MS / 24;
const github = await startGithub({ repository, now: () => Date.now() - age });
process.once('SIGTERM', () => {
  network?.close();
  void mapbox.close();
  void github[Symbol.asyncDispose]();
});

const authorizing = mapbox.account.issue({
  note: 'The authorizing token',
  scopes: ['tokens:write', 'tokens:read', 'tilesets:write', 'tilesets:read', 'tilesets:list'],
  created: new Date(Date.now() - age),
});
const rotated = mapbox.account.issue({
  note: 'The token to rotate',
  scopes: ['tokens:write', 'tokens:read', 'tilesets:write'],
  created: new Date(Date.now() - age),
});
// Older than any run: a sweep deletes it without asking whether its run is over.
const host = server === 'https://github.com' ? '' : `@${new URL(server).host}`;
mapbox.account.issue({
  note: `Left behind (${repository}) [until job ends: ${repositoryId}${host}/1.1#a1b2c3d4]`,
  scopes: ['tilesets:write'],
  created: new Date(Date.now() - 40 * DAY_MS),
});
const githubToken = 'github-token-of-the-stand-in';
github.addCredential(githubToken, { permissions: { secrets: 'write', actions: 'read' } });
github.secrets.set(`repos/${repository}/actions/secrets/MAPBOX_AUTHORIZING_TOKEN`, rotated.token);
age = 0;

const tokens = {
  'authorizing-token': authorizing.token,
  'rotated-token': rotated.token,
  'github-token': githubToken,
};
const outputs = {
  url: mapbox.url,
  'github-url': github.url,
  ...(network === undefined ? {} : { proxy: network.proxy, ca: network.ca }),
  ...tokens,
};
if (output === undefined) {
  console.log(JSON.stringify(outputs));
} else {
  for (const token of Object.values(tokens)) console.log(`::add-mask::${token}`);
  const lines = Object.entries(outputs).map(([name, value]) => `${name}=${value}\n`);
  appendFileSync(output, lines.join(''));
}

/** Imported only here: it needs a package, and the other jobs install none. */
async function behindProxy() {
  const { createAuthority } = await import('../test/support/authority.ts');
  const { startProxy } = await import('../test/support/proxy.ts');
  const authority = await createAuthority();
  const proxy = await startProxy();
  return {
    tls: authority.tls,
    ca: authority.ca,
    proxy: `http://${proxy.host}`,
    close() {
      authority[Symbol.dispose]();
      void proxy[Symbol.asyncDispose]();
    },
  };
}
