import { describe, expect, it } from 'vitest';
import { PostStepState, parseState } from '../../../src/cleanup/state.ts';
import type { HttpResponse } from '../../../src/http/response.ts';
import type { ApiRequest } from '../../../src/mapbox/client.ts';
import type { ListedToken } from '../../../src/mapbox/list.ts';
import { checkCopyable, createReplacement, discardReplacement } from '../../../src/rotate/replacement.ts';
import { currentRun } from '../../../src/runtime/workflow-run.ts';
import { FakeClock, START } from '../../support/fake-clock.ts';
import { FakeRunner } from '../../support/fake-runner.ts';
import {
  accountOn,
  DELETE,
  deleted,
  GET,
  json,
  notFound,
  POST,
  page,
  type ScriptedResponse,
  scripted,
} from '../../support/http-script.ts';
import { stored } from '../../support/minted.ts';
import { NO_PROCESSES } from '../../support/processes.ts';
import { retryOptions } from '../../support/retry-options.ts';
import { authorizingToken, authorizingTokenText, idOf, OWNER, tokenText } from '../../support/tokens.ts';
import { RUN_ENV, run } from '../../support/workflow-run.ts';

const token = (n: number, changes: Partial<ListedToken> = {}): ListedToken => ({
  id: idOf(n),
  usage: 'sk',
  note: '',
  scopes: ['styles:read'],
  allowedUrls: [],
  created: undefined,
  isDefault: false,
  notUnderstood: [],
  ...changes,
});

describe('a token', () => {
  const check = (current: ListedToken, scopes: readonly string[]) =>
    checkCopyable({ authorizingToken }, { current, tokens: [current, token(0, { scopes })] });

  it('is copied if the authorizing token has its scopes', () => {
    expect(() => check(token(1), ['tokens:read', 'tokens:write', 'styles:read'])).not.toThrow();
  });

  it('is not copied with restrictions that are not understood', () => {
    const restricted = token(1, { notUnderstood: ['allowedApplications'] });
    expect(() => check(restricted, ['tokens:read', 'tokens:write', 'styles:read'])).toThrow(
      `The token ${idOf(1)} has \`allowedApplications\`, which this action does not understand`,
    );
  });

  it('is not copied if the authorizing token lacks scopes', () => {
    expect(() => check(token(1), ['tokens:write'])).toThrow('lacks `tokens:read`, `styles:read`.');
  });

  it('is not copied if a temporary authorizing token, which is not listed, lacks scopes', () => {
    const scopes = ['tokens:read', 'tokens:write'];
    const temporary = { ...authorizingToken, usage: 'tk', scopes } as const;
    const facts = { current: token(1), tokens: [token(1)] };
    expect(() => checkCopyable({ authorizingToken: temporary }, facts)).toThrow('lacks `styles:read`.');
  });
});

const NEW = idOf(9);
const NEW_TEXT = tokenText('sk', { u: OWNER, a: NEW });
const NONCE = 'abcdex1y';
const VALIDATE = 'GET /tokens/v2';

/** Creates the requested token. */
const created = (usage: string) => (request: ApiRequest) =>
  json(201, { ...request.body, token: tokenText(usage, { u: OWNER, a: NEW }), id: NEW, usage });

const status = (code: string): HttpResponse => json(200, { code });
const valid = status('TokenValid');

/** A rotation of `current`, about to create its replacement. */
function setUp(
  responses: readonly ScriptedResponse[],
  {
    current = token(1, { note: 'Releases', scopes: ['tilesets:read'] }),
    others = [] as readonly ListedToken[],
    isSeparate = true,
    server = 'https://github.com',
    milliseconds = 300_000,
  } = {},
) {
  const clock = new FakeClock();
  const runner = new FakeRunner();
  const client = scripted(...responses);
  const lines: string[] = [];
  const controller = new AbortController();
  const rotation = {
    context: { runner, env: { GITHUB_ACTION_PATH: '/action' }, randomInt: () => 0 },
    inputs: {
      places: [
        { owner: ['repos', 'octo', 'maps'], environment: undefined, app: 'actions', secret: 'MAPBOX_TOKEN' },
      ],
      isSeparate,
    },
    run: currentRun({ ...RUN_ENV, GITHUB_SERVER_URL: server }),
    account: accountOn(client),
    options: retryOptions(clock, milliseconds, undefined, lines),
    interrupted: controller.signal,
    state: PostStepState.begin({ runner, processes: NO_PROCESSES }, 'rotation', 'x1y'),
    randomPart: 'x1y',
  } as const;
  const facts = {
    current,
    tokens: [current, ...others],
    places: [{ tag: 'abcde', updatedAt: new Date(START), now: START }],
    listed: { mapbox: START, runner: START },
  };
  const saved = () => parseState(runner.savedState);
  const create = () => createReplacement(rotation, facts);
  return { rotation, create, client, runner, clock, lines, controller, saved };
}

describe('a replacement', () => {
  it('is a copy, which is checked with its own text and deleted by the post step', async () => {
    const allowedUrls = ['https://example.com'];
    const current = token(1, { note: 'Releases', scopes: ['tilesets:read'], allowedUrls });
    const { create, client, saved } = setUp([created('sk'), valid, page([])], { current, isSeparate: false });
    expect(await create()).toMatchObject({
      token: { id: NEW },
      nonce: NONCE,
      toDelete: { token: { id: NEW, keep: false } },
      orphans: undefined,
    });
    expect(client.requestLines).toEqual([POST, VALIDATE, GET]);
    expect(client.requests.map(request => request.token.reveal())).toEqual([
      authorizingTokenText,
      NEW_TEXT,
      NEW_TEXT,
    ]);
    expect(client.requests[0]?.body).toEqual({
      scopes: ['tilesets:read'],
      note: `Releases (octo-org/maps) [replaces ${idOf(1)}: 123456789/4711.1#${NONCE}]`,
      allowedUrls,
    });
    expect(saved()).toMatchObject({
      nonce: NONCE,
      cleanup: { token: { id: NEW, keep: false }, actionPath: '/action' },
    });
  });

  it('is in the state for the post step before it is requested', async () => {
    const states: unknown[] = [];
    const { create, saved } = setUp([
      request => {
        states.push(saved());
        return created('sk')(request);
      },
      valid,
    ]);
    await create();
    expect(states).toEqual([expect.objectContaining({ nonce: NONCE })]);
    expect(states).toEqual([
      expect.objectContaining({ cleanup: expect.objectContaining({ orphans: 1, nonce: NONCE }) }),
    ]);
  });

  it('need not list tokens if another token does', async () => {
    const { create, client } = setUp([created('sk'), valid]);
    await create();
    expect(client.requestLines).toEqual([POST, VALIDATE]);
  });

  it.each([
    ['keeps the note’s text', 'Day… night (eu/prod)', 'Day… night (eu/prod)'],
    ['keeps a cut text without its `…`', 'Day and night …', 'Day and night'],
    ['does not repeat the repository’s name', 'Releases (octo-org/maps)', 'Releases'],
    ['has the secret’s name instead of no text', '', 'MAPBOX_TOKEN'],
    ['has the secret’s name if nothing of a cut text is left', ' …', 'MAPBOX_TOKEN'],
    ['has the secret’s name instead of a token', `Key: ${NEW_TEXT}`, 'MAPBOX_TOKEN'],
  ])('%s', async (_, note, text) => {
    const current = token(1, { note, scopes: ['tilesets:read'] });
    const { create } = setUp([created('sk'), valid], { current });
    const { token: copy } = await create();
    expect(copy.note.split(' [')[0]).toBe(`${text} (octo-org/maps)`);
  });

  it.each([
    ['names the chain’s first token', run.server, `[replaces ${idOf(1)} ${idOf(2)}: 123456789/`],
    [
      'does not name it if the marker would be too long',
      `https://github.${'x'.repeat(40)}.example`,
      `[replaces ${idOf(1)}: 123456789@github.`,
    ],
  ])('%s', async (_, server, marker) => {
    const note = `Releases [replaces ${idOf(2)}: 123456789/7.1#abcde123]`;
    const current = token(1, { note, scopes: ['tilesets:read'] });
    const { create } = setUp([created('sk'), valid], { current, others: [token(2)], server });
    expect((await create()).token.note).toContain(marker);
  });

  it('gets another nonce if a listed token has the first one', async () => {
    const other = token(2, { note: `x [until deleted: 1/2.3#${NONCE}]` });
    const { create } = setUp([created('sk'), valid], { others: [other] });
    expect((await create()).nonce).toBe('abcdeaaa');
  });

  it('has ten seconds to become known to all of Mapbox’s servers', async () => {
    const { create, client, clock, lines } = setUp(
      [created('sk'), status('TokenInvalid'), json(401, {}), valid, notFound(), page([])],
      { isSeparate: false },
    );
    expect(await create()).toMatchObject({ token: { id: NEW } });
    expect(client.unusedResponses()).toBe(0);
    expect(clock.monotonic()).toBeLessThan(10_000);
    expect(lines).toEqual([
      expect.stringContaining('200 and `TokenInvalid` for the new token. Retrying'),
      expect.stringContaining('401 and an error. Retrying'),
      expect.stringContaining('404 and an error. Retrying'),
    ]);
  });
});

const OLD = 'The secret still has the old token.';

/** Responds with this until Mapbox is asked to delete a token. */
const untilDeletion = (response: HttpResponse) =>
  Array<ScriptedResponse>(20).fill(({ method }) => (method === 'DELETE' ? deleted() : response));

describe('a replacement that must not be used', () => {
  it.each<[string, string, readonly ScriptedResponse[], string]>([
    ['has another usage', 'pk', [], 'it is a `pk` token instead of `sk`.'],
    [
      'stays invalid',
      'sk',
      untilDeletion(status('TokenInvalid')),
      'Mapbox does not confirm that it is valid. Mapbox responded with `TokenInvalid` for 10 s.',
    ],
    [
      'cannot list tokens',
      'sk',
      [valid, ...untilDeletion(notFound())],
      "it cannot list the account's tokens. Mapbox responded with 404 for 10 s.",
    ],
    [
      'cannot be checked',
      'sk',
      untilDeletion(json(200, {})),
      'Mapbox does not confirm that it is valid. Mapbox responded with 200, but with undocumented JSON. Gave up after 3 attempts in 0.8 s.',
    ],
  ])('is deleted if it %s', async (_, usage, responses, problem) => {
    const scopes = [usage === 'pk' ? 'styles:read' : 'tilesets:read'];
    const { create, client, runner } = setUp([created(usage), ...responses, deleted()], {
      current: token(1, { scopes }),
      isSeparate: false,
    });
    await expect(create()).rejects.toMatchObject({
      title: 'Token does not match the request',
      message: `Mapbox created a token, but ${problem} The new token ${NEW} was deleted. ${OLD}`,
    });
    expect(client.requestLines.at(-1)).toBe(DELETE(NEW));
    expect(runner.savedState).not.toContain(NEW);
  });

  it('is deleted if the step is interrupted during the check', async () => {
    const { create, client, controller } = setUp([
      created('sk'),
      () => {
        controller.abort(new Error('cancelled'));
        return valid;
      },
      deleted(),
    ]);
    await expect(create()).rejects.toMatchObject({
      name: 'InterruptedError',
      message: `The new token ${NEW} was deleted. ${OLD}`,
    });
    expect(client.requestLines.at(-1)).toBe(DELETE(NEW));
  });

  it('does not hide a fault of this action', async () => {
    const { create, client } = setUp([created('sk')]);
    await expect(create()).rejects.toThrow(`unforeseen request: ${POST}, ${VALIDATE}`);
    expect(client.requestLines).toHaveLength(2);
  });

  const orphans = {
    apiUrl: 'https://api.mapbox.com/',
    actionPath: '',
    authorizingToken: { id: idOf(0), username: OWNER },
    username: OWNER,
    note: 'Releases',
    nonce: NONCE,
    token: { id: NEW, keep: true },
    orphans: 1,
  } as const;
  const toDelete = { ...orphans, token: { id: NEW, keep: false } };

  async function discard(responses: readonly ScriptedResponse[], isOldInSecret?: boolean) {
    const { rotation, clock, saved } = setUp(responses, { milliseconds: 1 });
    const rotationPhase = { phase: 'putting', replacement: NEW, previous: idOf(1) } as const;
    rotation.state.update({ nonce: NONCE, rotation: rotationPhase });
    const replacement = { token: { ...stored, id: NEW }, nonce: NONCE, toDelete, orphans };
    const message = await discardReplacement(rotation, replacement, isOldInSecret);
    rotation.state.finish();
    return { message, clock, saved: saved() };
  }

  it('is deleted even after the step’s time is up, so that only orphans are left', async () => {
    const { message, saved } = await discard([json(503, {}), deleted()]);
    expect(message).toBe(`The new token ${NEW} was deleted. ${OLD}`);
    expect(saved?.cleanup).toEqual({ ...orphans, token: undefined });
    expect(saved?.rotation).toBeUndefined();
  });

  it('is left to the post step if it cannot be deleted within half a minute', async () => {
    const { message, clock, saved } = await discard([{ always: json(503, {}) }]);
    expect(message).toContain(`The new token ${NEW} is not in any secret and may still be alive`);
    expect(saved?.cleanup).toEqual(toDelete);
    expect(saved?.rotation).toBeUndefined();
    expect(clock.monotonic()).toBeLessThanOrEqual(30_000);
  });

  it('does not mean that the secret has the old token if someone else changed the secret', async () => {
    expect((await discard([deleted()], false)).message).toBe(`The new token ${NEW} was deleted.`);
  });
});
