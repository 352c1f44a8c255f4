/** A step of the demonstration against the real Mapbox. Asks Mapbox whether the new token is valid. */
const url = new URL('/tokens/v2', process.env['MAPBOX_API'] || 'https://api.mapbox.com');
url.searchParams.set('access_token', process.env['MAPBOX_ACCESS_TOKEN'] ?? '');
const body: unknown = await (await fetch(url, { redirect: 'error' })).json();
const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
console.log(`Mapbox says: ${code}`);
if (code !== 'TokenValid') process.exitCode = 1;
