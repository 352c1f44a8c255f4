/** A post step that cannot begin: its inputs or its surroundings are no longer those of the main step. */
import { expect, it } from 'vitest';
import { startMapbox } from '../support/mapbox/server.ts';
import { main, post, VirtualClock } from '../support/steps.ts';

const HELD = ['tokens:write', 'tokens:read', 'tilesets:write'];

it.each<[string, (given: { expired: string }) => Record<string, string>, Record<string, string>, RegExp]>([
  ['the secret is gone', () => ({ 'authorizing-token': '' }), {}, /`authorizing-token` is empty/],
  [
    'the authorizing token has expired meanwhile',
    ({ expired }) => ({ 'authorizing-token': expired }),
    {},
    /temporary token that expired/,
  ],
  ['the address is none', () => ({ 'api-url': 'nowhere' }), {}, /`api-url` is not a URL/],
  [
    'a proxy is none',
    () => ({ 'api-url': 'https://127.0.0.1:1' }),
    { HTTPS_PROXY: 'http://:x' },
    /HTTPS_PROXY is not the URL of an HTTP proxy/,
  ],
])('warns of the token that it cannot delete, and fails nothing: %s', async (_, change, env, says) => {
  const clock = new VirtualClock();
  await using mapbox = await startMapbox({ now: () => clock.truth() });
  const authorizingToken = mapbox.account.issue({ scopes: HELD });
  const inputs = {
    'authorizing-token': authorizingToken.token,
    scopes: 'tilesets:write',
    'api-url': mapbox.url,
  };
  const { state, outputs } = await main({ inputs, clock });
  const expired = mapbox.account.issueTemporary({ scopes: HELD, seconds: -60 });
  const ended = await post({ inputs: { ...inputs, ...change({ expired }) }, clock, state, env });

  expect(ended.end).toBe('success');
  expect(ended.said.map(({ kind }) => kind)).toEqual(['warning']);
  const warning = ended.said[0]?.text ?? '';
  expect(warning).toMatch(says);
  expect(warning).toContain(outputs['token-id']);
  expect(warning).toContain(outputs['note']);
  expect(warning).not.toContain(authorizingToken.token);
});
