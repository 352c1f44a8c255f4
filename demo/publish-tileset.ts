/** A step of the demonstration: uses the token as a release pipeline would, with Mapbox's own SDK. */
import mapbox from '@mapbox/mapbox-sdk';
import tilesets from '@mapbox/mapbox-sdk/services/tilesets.js';

const { MAPBOX_ACCESS_TOKEN: accessToken = '', MAPBOX_API: origin = '' } = process.env;
const service = tilesets(mapbox({ accessToken, origin }));
const park =
  '{"type":"Feature","properties":{"name":"Lincoln Park"},"geometry":{"type":"Point","coordinates":[-87.63,41.92]}}';

// In Node, the SDK's own upload sends an empty body (0.16.2), so `fetch` sends the form instead.
const form = new FormData();
form.append('file', new Blob([`${park}\n`]), 'parks.ldgeojson');
const url = new URL('/tilesets/v1/sources/octo/parks', origin);
url.searchParams.set('access_token', accessToken);
const uploaded = await fetch(url, { method: 'POST', body: form });
if (!uploaded.ok) throw new Error(`Mapbox responded to the upload with ${uploaded.status}`);
console.log('Uploaded the source parks.');

const recipe = {
  version: 1,
  layers: { parks: { source: 'mapbox://tileset-source/octo/parks', minzoom: 0, maxzoom: 8 } },
};
await service.createTileset({ tilesetId: 'octo.parks', recipe, name: 'Parks' }).send();
console.log('Created octo.parks.');
const { body } = await service.publishTileset({ tilesetId: 'octo.parks' }).send();
console.log(`Published octo.parks: ${body.message}`);
