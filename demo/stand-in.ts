/**
 * `node demo/stand-in.ts` runs stand-ins until SIGTERM, for the workflows that test the actions. It prints their
 * addresses and the tokens they accept as JSON.
 *
 * - Mapbox always runs, and needs no package.
 * - With `--github`, GitHub runs too, with a secret to rotate.
 * - With `--behind-proxy`, Mapbox has a certificate from its own authority and is behind a proxy, like a proxy that
 *   inspects TLS. `proxy` and `ca` are the values for HTTPS_PROXY and NODE_EXTRA_CA_CERTS.
 */
import { type MapboxStandIn, startMapbox } from '../test/support/mapbox/server.ts';

const HOUR_MS = 3_600_000;
const {
  GITHUB_REPOSITORY: repository = 'octo-org/maps',
  GITHUB_REPOSITORY_ID: repositoryId = '123456789',
  GITHUB_SERVER_URL: server = 'https://github.com',
} = process.env;

const network = process.argv.includes('--behind-proxy') ? await behindProxy() : undefined;
const mapbox = await startMapbox(network === undefined ? {} : { tls: network.tls });
const authorizing = mapbox.account.issue({
  note: 'The authorizing token',
  scopes: ['tokens:write', 'tokens:read', 'tilesets:write', 'tilesets:read', 'tilesets:list'],
});
// Older than any run, so a sweep deletes it without asking GitHub whether its run is over.
const host = server === 'https://github.com' ? '' : `@${new URL(server).host}`;
mapbox.account.issue({
  note: `Left behind (${repository}) [until job ends: ${repositoryId}${host}/1.1#a1b2c3d4]`,
  scopes: ['tilesets:write'],
  created: new Date(Date.now() - 40 * 24 * HOUR_MS),
});
console.log(
  JSON.stringify({
    url: mapbox.url,
    'authorizing-token': authorizing.token,
    ...(network === undefined ? {} : { proxy: network.proxy, ca: network.ca }),
    ...(process.argv.includes('--github') ? await withSecret(mapbox) : {}),
  }),
);

/**
 * Starts a stand-in for GitHub whose repository has held a token in a secret for an hour: rotations leave a new token
 * or secret alone for some minutes.
 */
async function withSecret({ account }: MapboxStandIn) {
  const { startGithub } = await import('../test/support/github/server.ts');
  let age = HOUR_MS;
  const github = await startGithub({ repository, now: () => Date.now() - age });
  const { token } = account.issue({
    note: 'The token to rotate',
    scopes: ['tokens:write', 'tokens:read', 'tilesets:write'],
    created: new Date(Date.now() - age),
  });
  const githubToken = 'github-token-of-the-stand-in';
  github.addCredential(githubToken, { permissions: { secrets: 'write' } });
  github.secrets.set(`repos/${repository}/actions/secrets/MAPBOX_AUTHORIZING_TOKEN`, token);
  age = 0;
  return { 'github-url': github.url, 'rotated-token': token, 'github-token': githubToken };
}

async function behindProxy() {
  const { createAuthority } = await import('../test/support/authority.ts');
  const { startProxy } = await import('../test/support/proxy.ts');
  const { ca, tls } = await createAuthority();
  const { host } = await startProxy();
  return { ca, tls, proxy: `http://${host}` };
}
