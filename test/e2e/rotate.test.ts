/** A rotation on an independent runner. */
import { expect, it } from 'vitest';
import { newToken } from '../support/github/client.ts';
import { startGithub } from '../support/github/server.ts';
import { endOf, newCaller, setBy } from './caller.ts';

const SECRET = 'repos/octo-org/maps/actions/secrets/MAPBOX_AUTHORIZING_TOKEN';

it('replaces the authorizing token in its secret, and the next run mints with the new one', async () => {
  // Both services' clocks, because a rotation waits until the last change is two minutes old.
  let offset = -86_400_000;
  const now = () => Date.now() + offset;
  await using caller = await newCaller({ now });
  await using github = await startGithub({ repository: 'octo-org/maps', now });
  const { mapbox, authorizingToken } = caller.setting;
  const token = newToken();
  github.addCredential(token, { permissions: { secrets: 'write' } });
  github.secrets.set(SECRET, authorizingToken.token);
  offset = 0;
  const value = () => github.secrets.get(SECRET)?.value ?? '';

  const rotation = await caller.run('rotate.yml', {
    secrets: { MAPBOX_AUTHORIZING_TOKEN: value(), APP_TOKEN: token },
    env: { MAPBOX_API: mapbox.url, GITHUB_API_URL: github.url },
  });
  expect(endOf(rotation, { step: 'rotate' })).toBe('success');
  expect(endOf(rotation, { step: 'rotate', stage: 'Post' })).toBe('success');
  expect(value()).not.toBe(authorizingToken.token);
  expect(mapbox.account.isAlive(value())).toBe(true);
  const outputs = setBy(rotation, 'set-output', { step: 'rotate' });
  expect(outputs).toMatchObject({ rotated: 'true', 'previous-token-id': authorizingToken.id });
  for (const text of [authorizingToken.token, value(), token]) expect(rotation.shown).not.toContain(text);

  const next = await caller.run('later-step-fails.yml', {
    secrets: { MAPBOX_AUTHORIZING_TOKEN: value() },
    env: { MAPBOX_API: mapbox.url },
  });
  expect(endOf(next, { step: 'mapbox' })).toBe('success');
  expect(endOf(next, { step: 'mapbox', stage: 'Post' })).toBe('success');
  expect(caller.setting.created()).toHaveLength(1);
});
