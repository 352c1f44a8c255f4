/**
 * `node demo/stand-in.ts`: a stand-in for Mapbox that stays until SIGTERM, for the workflow that tries the action
 * itself. It says where it is and which token authorizes there: as step outputs, or as JSON where there is no runner.
 */
import { appendFileSync } from 'node:fs';
import { startMapbox } from '../test/support/mapbox/server.ts';

const mapbox = await startMapbox();
process.once('SIGTERM', mapbox.close);
const { token } = mapbox.account.issue({
  note: 'The authorizing token',
  scopes: ['tokens:write', 'tokens:read', 'tilesets:write', 'tilesets:read', 'tilesets:list'],
});
const output = process.env['GITHUB_OUTPUT'];
if (output === undefined) {
  console.log(JSON.stringify({ url: mapbox.url, 'authorizing-token': token }));
} else {
  console.log(`::add-mask::${token}`);
  appendFileSync(output, `url=${mapbox.url}\nauthorizing-token=${token}\n`);
}
