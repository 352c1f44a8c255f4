/** The stand-in works with Mapbox's own JavaScript SDK, in every call for tokens and tilesets. */
import mapbox from '@mapbox/mapbox-sdk';
import tilesetsOf from '@mapbox/mapbox-sdk/services/tilesets.js';
import tokensOf from '@mapbox/mapbox-sdk/services/tokens.js';
import { describe, expect, it } from 'vitest';
import { HELD } from '../tokens.ts';
import { type MapboxStandIn, startMapbox } from './server.ts';

const TILESETS = ['tilesets:read', 'tilesets:write', 'tilesets:list'];

function clientOf(standIn: MapboxStandIn, scopes = [...HELD, 'scopes:list']) {
  const { token: accessToken, id } = standIn.account.issue({ note: 'ci', scopes });
  const client = mapbox({ accessToken, origin: standIn.url });
  return { tokens: tokensOf(client), tilesets: tilesetsOf(client), accessToken, id };
}

/** The SDK's rejection: Mapbox's status and message. */
function refusal(statusCode: number, message: string) {
  return expect.objectContaining({ statusCode, body: { message } });
}

describe('tokens, by the SDK', () => {
  it('are created: public, secret and temporary', async () => {
    await using standIn = await startMapbox();
    const { tokens } = clientOf(standIn);

    const open = await tokens
      .createToken({ note: 'map', scopes: ['styles:read'], allowedUrls: ['https://example.com'] })
      .send();
    expect([open.statusCode, open.body]).toMatchObject([
      201,
      { usage: 'pk', note: 'map', allowedUrls: ['https://example.com'] },
    ]);
    const secret = await tokens.createToken({ note: 'ci', scopes: TILESETS }).send();
    expect(secret.body).toMatchObject({ usage: 'sk', scopes: TILESETS });
    const expires = new Date(Date.now() + 600_000).toISOString();
    const temporary = await tokens.createTemporaryToken({ expires, scopes: ['fonts:read'] }).send();
    expect(temporary.body).toEqual({
      token: expect.stringMatching(/^tk\./),
      issued_at: expect.any(String),
      expires: expect.any(String),
      expires_in: expect.any(Number),
    });
    for (const { body } of [open, secret, temporary]) expect(standIn.account.isAlive(body.token)).toBe(true);
  });

  it('are listed page by page, without the text of secret ones', async () => {
    await using standIn = await startMapbox({ pageSize: 3 });
    const { tokens, id } = clientOf(standIn);
    for (let n = 1; n <= 6; n++) {
      standIn.account.issue({ scopes: ['styles:read'], created: new Date(n * 1000) });
    }

    const pages: { id: string; token?: string }[][] = [];
    const request = tokens.listTokens();
    for (let next: typeof request | null = request; next !== null; ) {
      const response: Awaited<ReturnType<typeof request.send>> = await next.send();
      pages.push(response.body);
      next = response.nextPage();
    }
    expect(pages.map(page => page.length)).toEqual([3, 3, 2]);
    const ids = pages.flat().map(token => token.id);
    expect(ids.toSorted()).toEqual(
      standIn.account
        .tokens()
        .map(token => token.id)
        .toSorted(),
    );
    for (const token of pages.flat()) expect('token' in token).toBe(token.id !== id);
  });

  it('are updated, deleted, and then revoked', async () => {
    await using standIn = await startMapbox();
    const { tokens } = clientOf(standIn);
    const { body: made } = await tokens.createToken({ note: 'old', scopes: ['styles:read'] }).send();

    const updated = await tokens
      .updateToken({ tokenId: made.id, note: 'new', scopes: ['fonts:read'] })
      .send();
    expect([updated.statusCode, updated.body]).toMatchObject([
      200,
      { id: made.id, note: 'new', scopes: ['fonts:read'] },
    ]);
    const deleted = await tokens.deleteToken({ tokenId: made.id }).send();
    expect([deleted.statusCode, deleted.rawBody]).toEqual([204, '']);
    const own = tokensOf(mapbox({ accessToken: made.token, origin: standIn.url }));
    expect((await own.getToken().send()).body).toMatchObject({ code: 'TokenRevoked' });
  });

  it('are validated, and their scopes listed', async () => {
    await using standIn = await startMapbox();
    const { tokens, id } = clientOf(standIn);

    expect((await tokens.getToken().send()).body).toEqual({
      code: 'TokenValid',
      token: { usage: 'sk', user: 'octo', authorization: id },
    });
    const { body } = await tokens.listScopes().send();
    expect(body).toContainEqual({ id: 'styles:read', description: expect.any(String), public: true });
    expect(body).toContainEqual({ id: 'tokens:write', description: expect.any(String) });
  });

  it('are rejected in a form that the SDK can read', async () => {
    await using standIn = await startMapbox();
    const { tokens } = clientOf(standIn, ['styles:read', 'fonts:read']);

    await expect(tokens.createToken({ scopes: ['styles:read'] }).send()).rejects.toEqual(
      refusal(404, 'Not Found'),
    );
    await expect(tokens.listTokens().send()).rejects.toEqual(refusal(404, 'Not Found'));
    const { tokens: able } = clientOf(standIn, ['tokens:write']);
    await expect(able.createToken({ scopes: ['styles:read'] }).send()).rejects.toEqual(
      refusal(422, 'scopes are invalid'),
    );
  });
});

describe('a tileset, by the SDK', () => {
  const recipe = {
    version: 1,
    layers: { parks: { source: 'mapbox://tileset-source/octo/parks', minzoom: 0, maxzoom: 8 } },
  };
  const tilesetId = 'octo.parks';
  const park =
    '{"type":"Feature","properties":{"name":"Lincoln Park"},"geometry":{"type":"Point","coordinates":[-87.63,41.92]}}\n';

  /** The SDK's own upload sends an empty body from Node (0.16.2), so this call does not use it. */
  async function upload(standIn: MapboxStandIn, accessToken: string): Promise<void> {
    const form = new FormData();
    form.append('file', new Blob([park]), 'parks.ldgeojson');
    const url = `${standIn.url}/tilesets/v1/sources/octo/parks?access_token=${accessToken}`;
    expect((await fetch(url, { method: 'POST', body: form })).status).toBe(200);
  }

  it('is created from a source, published, watched, changed and deleted', async () => {
    await using standIn = await startMapbox();
    const { tilesets, accessToken } = clientOf(standIn);
    const bodyOf = async (request: { send(): Promise<{ body: unknown }> }) => (await request.send()).body;

    await upload(standIn, accessToken);
    const source = { id: 'mapbox://tileset-source/octo/parks', files: 1, size: park.length };
    expect(await bodyOf(tilesets.getTilesetSource({ id: 'parks', ownerId: 'octo' }))).toMatchObject(source);
    expect(await bodyOf(tilesets.listTilesetSources({ ownerId: 'octo' }))).toEqual([source]);

    expect(await bodyOf(tilesets.validateRecipe({ recipe }))).toEqual({ valid: true });
    await tilesets.createTileset({ tilesetId, recipe, name: 'Parks' }).send();
    const { body: published } = await tilesets.publishTileset({ tilesetId }).send();
    const job = { tilesetId, jobId: published.jobId };
    expect(await bodyOf(tilesets.getTilesetsQueue())).toEqual({ total: 1 });
    expect(await bodyOf(tilesets.tilesetStatus({ tilesetId }))).toMatchObject({
      id: tilesetId,
      status: 'queued',
    });
    expect(await bodyOf(tilesets.tilesetJob(job))).toMatchObject({ stage: 'processing' });
    expect(await bodyOf(tilesets.listTilesetJobs({ tilesetId }))).toMatchObject([
      { id: published.jobId, stage: 'success' },
    ]);
    expect(await bodyOf(tilesets.tileJSONMetadata({ tilesetId }))).toMatchObject({
      vector_layers: [{ id: 'parks' }],
    });

    await tilesets.updateTileset({ tilesetId, name: 'City parks', private: false }).send();
    const fewer = { ...recipe, layers: { parks: { ...recipe.layers.parks, maxzoom: 5 } } };
    await tilesets.updateRecipe({ tilesetId, recipe: fewer }).send();
    expect(await bodyOf(tilesets.getRecipe({ tilesetId }))).toEqual({ id: tilesetId, recipe: fewer });
    expect(await bodyOf(tilesets.listTilesets({ ownerId: 'octo' }))).toMatchObject([
      { id: tilesetId, name: 'City parks', visibility: 'public' },
    ]);

    await tilesets.deleteTileset({ tilesetId }).send();
    await tilesets.deleteTilesetSource({ id: 'parks', ownerId: 'octo' }).send();
    expect(await bodyOf(tilesets.listTilesets({ ownerId: 'octo' }))).toEqual([]);
  });

  it('fails to publish if its source was never uploaded', async () => {
    await using standIn = await startMapbox();
    const { tilesets } = clientOf(standIn);
    await tilesets.createTileset({ tilesetId, recipe, name: 'Parks' }).send();
    const { body: published } = await tilesets.publishTileset({ tilesetId }).send();

    const stages: string[] = [];
    for (let looks = 0; looks < 3; looks++) {
      const { body } = await tilesets.tilesetJob({ tilesetId, jobId: published.jobId }).send();
      stages.push(body.stage);
    }
    expect(stages).toEqual(['queued', 'processing', 'failed']);
  });

  it.each([
    ['tilesets:write', (client: Tilesets) => client.publishTileset({ tilesetId })],
    ['tilesets:read', (client: Tilesets) => client.tilesetJob({ tilesetId, jobId: 'any' })],
    ['tilesets:list', (client: Tilesets) => client.listTilesetJobs({ tilesetId })],
    ['tilesets:list', (client: Tilesets) => client.getRecipe({ tilesetId })],
    ['tilesets:write', (client: Tilesets) => client.validateRecipe({ recipe })],
    ['tilesets:read', (client: Tilesets) => client.getTilesetSource({ id: 'parks', ownerId: 'octo' })],
  ])('requires %s like Mapbox', async (scope, call) => {
    await using standIn = await startMapbox();
    const { tilesets } = clientOf(
      standIn,
      TILESETS.filter(held => held !== scope),
    );

    await expect(call(tilesets).send()).rejects.toEqual(
      refusal(403, `This endpoint requires a token with ${scope} scope`),
    );
  });
});

type Tilesets = ReturnType<typeof tilesetsOf>;
