/** The action on runners that start it with another Node.js than it is built for, as act and its forks may. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { setUp } from '../support/bundle.ts';
import { setUpRotate } from '../support/rotate-setting.ts';
import { type PhaseResult, runAction } from '../support/runner/step.ts';
import { NODES, nodeOf, SHIPPED } from './parts.ts';

/** Both messages have the version found, the one needed, and what to do. */
const causeOf = (version: string) =>
  `This step runs on Node.js ${version} but needs 24. \`act\` and similar runners use the \`node\` that comes first on PATH: put Node.js 24 there.`;

function expectTooOld({ exitCode, stderr, annotations, outputs }: PhaseResult, version: string): void {
  expect([exitCode, stderr, outputs]).toEqual([1, '', {}]);
  expect(annotations).toEqual([{ level: 'error', title: 'Node.js is too old', message: causeOf(version) }]);
}

describe.each(NODES.filter(version => version !== '22.3.0'))(
  'under Node.js %s, which is too old',
  version => {
    const old = { node: nodeOf(version) };

    it('a mint fails with one error and saves an empty state, and its post step prints the same in one line', async () => {
      await using setting = await setUp();
      const { main, post } = await setting.run({}, { action: SHIPPED, ...old });
      expectTooOld(main, version);
      expect(main.state).toEqual({ cleanup: '' });
      expect([post.exitCode, post.stderr, post.stdout]).toEqual([0, '', `${causeOf(version)}\n`]);
      expect(setting.mapbox.requests).toEqual([]);
    });

    it('a rotation does likewise', async () => {
      await using setting = await setUpRotate();
      const { main, post } = await setting.run({}, { action: join(SHIPPED, 'rotate'), ...old });
      expectTooOld(main, version);
      expect(main.state).toEqual({ cleanup: '' });
      expect([post.exitCode, post.stderr, post.stdout]).toEqual([0, '', `${causeOf(version)}\n`]);
      expect([...setting.mapbox.requests, ...setting.github.requests]).toEqual([]);
    });

    it('a sweep fails with one error', async () => {
      await using setting = await setUp();
      const { 'authorizing-token': token = '', 'api-url': url = '' } = setting.inputs;
      const inputs = { 'authorizing-token': token, 'api-url': url };
      const { main } = await runAction({ action: join(SHIPPED, 'sweep'), inputs, ...old });
      expectTooOld(main, version);
      expect(setting.mapbox.requests).toEqual([]);
    });

    it('a post step whose main step ran under Node.js 24 warns with ID, note and cause', async () => {
      await using setting = await setUp();
      const { main, post } = await setting.run({}, { action: SHIPPED, atEnd: old });
      const { exitCode, stderr, annotations } = post;
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(annotations).toMatchObject([{ level: 'warning', title: 'Mapbox token' }]);
      for (const part of [main.outputs['token-id'], main.outputs['note'], causeOf(version)])
        expect(annotations[0]?.message).toContain(part);
    });
  },
);

it.skipIf(NODES.length === 0)(
  'under Node.js 22.3.0, the oldest one that works, a mint and its post step work',
  async () => {
    await using setting = await setUp();
    const { main, post } = await setting.run({}, { action: SHIPPED, node: nodeOf('22.3.0') });
    expect([main.exitCode, main.stderr, main.annotations]).toEqual([0, '', []]);
    expect(main.outputs['token']).toMatch(/^sk\./);
    expect([post.exitCode, post.stderr, post.annotations]).toEqual([0, '', []]);
    expect(setting.mapbox.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
    expect(setting.created()).toEqual([]);
  },
);

it.skipIf(NODES.length === 0)('under Node.js 22.3.0 a rotation and a sweep work', async () => {
  await using setting = await setUpRotate();
  const node = nodeOf('22.3.0');
  const { main, post } = await setting.run({}, { action: join(SHIPPED, 'rotate'), node });
  expect([main.exitCode, main.stderr, post.exitCode, post.stdout]).toEqual([0, '', 0, '']);
  expect(setting.value()).toBe(setting.made()[0]?.token);
  const inputs = {
    'authorizing-token': setting.value(),
    'github-token': setting.githubToken,
    'api-url': setting.mapbox.url,
  };
  const github = { api_url: setting.github.url };
  const sweep = await runAction({ action: join(SHIPPED, 'sweep'), inputs, github, node });
  expect([sweep.main.exitCode, sweep.main.stderr]).toEqual([0, '']);
});
