import { describe, expect, it } from 'vitest';
import { WHY_SECRET_IS_EMPTY } from '../../../src/inputs/authorizing-token.ts';
import {
  maskRotateInputs,
  parseRotateInputs,
  protectedIdOf,
  type RotateInputName,
} from '../../../src/rotate/inputs.ts';
import { FakeRunner } from '../../support/fake-runner.ts';
import { idOf, tokenText } from '../../support/tokens.ts';

const token = tokenText('sk', { u: 'octo', a: idOf(1) });
const web = tokenText('pk', { u: 'octo', a: idOf(2) });

const parse = (inputs: Partial<Record<RotateInputName, string>>) => {
  const given: Partial<Record<RotateInputName, string>> = {
    token,
    secret: 'NAME',
    'github-token': 'ghs_x',
    ...inputs,
  };
  return parseRotateInputs(name => given[name] ?? '', { GITHUB_REPOSITORY: 'octo/maps' }, 0);
};

it('has a default for everything but the token, the secret and the GitHub token', () => {
  expect(parse({})).toMatchObject({
    token: { id: idOf(1), usage: 'sk', username: 'octo' },
    authorizingToken: { id: idOf(1) },
    isSeparate: false,
    maxAge: undefined,
    revokePrevious: 'next-rotation',
    revokeOriginal: false,
    outputToken: false,
    dryRun: false,
    summary: true,
    timeout: 300_000,
  });
});

describe('a separate authorizing token', () => {
  it('is used, and never deleted', () => {
    const inputs = parse({ token: web, 'authorizing-token': token });
    expect(inputs).toMatchObject({ isSeparate: true, authorizingToken: { id: idOf(1) } });
    expect(protectedIdOf(inputs)).toBe(idOf(1));
  });
  it('is not separate if it is the token to rotate, but is not deleted either, as another secret may have it', () => {
    const inputs = parse({ 'authorizing-token': ` ${token}\n` });
    expect(inputs.isSeparate).toBe(false);
    expect(protectedIdOf(inputs)).toBe(idOf(1));
  });
  it('cannot be the token to rotate with `now`, as another secret would hold a dead token', () => {
    expect(() => parse({ 'authorizing-token': token, 'revoke-previous': 'now' })).toThrow(
      '`authorizing-token` is the same token as `token`, which `revoke-previous: now` deletes.',
    );
  });
  it('is required by a public token', () => {
    expect(() => parse({ token: web })).toThrow(/cannot create its own replacement/);
  });
  it('is not protected if there is none', () => {
    expect(protectedIdOf(parse({}))).toBeUndefined();
  });
});

it.each([
  ['max-age', '30d', { maxAge: 30 * 86_400_000 }],
  ['max-age', '1d 12h', { maxAge: 36 * 3_600_000 }],
  ['revoke-previous', ' NOW ', { revokePrevious: 'now' }],
  ['revoke-previous', 'never', { revokePrevious: 'never' }],
  ['revoke-previous', ' 2D ', { revokePrevious: { after: 2 * 86_400_000 } }],
  ['revoke-previous', '1h 30m', { revokePrevious: { after: 5_400_000 } }],
  ['summary', 'false', { summary: false }],
  ['output-token', 'true', { outputToken: true }],
] as const)('accepts %s: %s', (name, text, result) => {
  expect(parse({ [name]: text })).toMatchObject(result);
});

it.each([
  ['token', ''],
  ['token', tokenText('tk', { u: 'octo', exp: 9e9 })],
  ['token', tokenText('sk', { u: 'octo', a: '../x' })],
  ['github-token', 'a b'],
  ['max-age', '-1d'],
  ['max-age', token],
  ['revoke-previous', 'soon'],
  ['revoke-previous', '2'],
  ['revoke-previous', '0d'],
  ['revoke-previous', '-1d'],
  ['dry-run', 'perhaps'],
] as const)('refuses %s without showing a token', (name, text) => {
  expect(() => parse({ [name]: text })).toThrow(`\`${name}\``);
  try {
    parse({ [name]: text });
  } catch (error) {
    expect(String(error)).not.toContain(token);
  }
});

it.each([
  ['token', Buffer.from(token).toString('base64'), token.slice(-12)],
  ['authorizing-token', `"${web}"`, web.slice(-12)],
  ['github-token', ' opaque-credential ', 'opaque-credential'],
] as const)('quotes no part of %s, even if another input has it', (name, secret, part) => {
  expect(() => parse({ [name]: secret, 'max-age': part })).toThrow('`max-age` is `***`');
});

it.each([
  ['token', ' ', '`token` is empty. Pass the secret to rotate'],
  ['token', '', WHY_SECRET_IS_EMPTY],
  ['token', 'sk.x', '`token` is not a Mapbox token: it should begin with `sk.` or `pk.`'],
  ['token', 'sk.x', 'Copy one from https://'],
  ['token', tokenText('tk', { u: 'octo', exp: 9e9 }), '`token` is a temporary token'],
  ['token', tokenText('sk', { u: 'octo' }), '`token` does not contain its id'],
  ['github-token', ' ', '`github-token` is empty. Pass a token that can write secrets'],
  [
    'github-token',
    'a b',
    '`github-token` is not a GitHub token: it has spaces or other unexpected characters',
  ],
  ['max-age', 'soon', '`max-age` is `soon`. Use an age with a unit'],
  ['max-age', '0d', '`max-age` is `0d`. Use an age with a unit'],
  ['timeout', 'soon', '`timeout`'],
  ['api-url', 'soon', '`api-url`'],
  ['revoke-original', 'soon', '`revoke-original`'],
  ['output-token', 'soon', '`output-token`'],
  ['summary', 'soon', '`summary`'],
] as const)('says what is wrong with %s: %j', (name, text, words) => {
  expect(() => parse({ [name]: text })).toThrow(words);
});

it('refuses an authorizing token of another account', () => {
  const other = tokenText('sk', { u: 'other', a: idOf(3) });
  expect(() => parse({ 'authorizing-token': other })).toThrow(
    '`authorizing-token` and `token` belong to different Mapbox accounts. Pass tokens of the same account.',
  );
});

it.each([
  ['token', '', 'authorizing-token', token],
  ['token', token, 'authorizing-token', 'sk.x'],
] as const)('reports no consequence of another problem: %s %j with %s %j', (name, text, other, otherText) => {
  expect(() => parse({ [name]: text, [other]: otherText })).toThrow(/^`/);
});

it('ignores white space around inputs', () => {
  const inputs = parse({
    token: ` ${token}\n`,
    'authorizing-token': ' ',
    'github-token': ' ghs_x\n',
    'max-age': ' ',
    summary: ' ',
  });
  expect(inputs).toMatchObject({ isSeparate: false, maxAge: undefined, summary: true });
  expect([inputs.token.secret.reveal(), inputs.githubToken.reveal()]).toEqual([token, 'ghs_x']);
});

it('reads each switch by itself', () => {
  const defaults = { revokeOriginal: false, outputToken: false, dryRun: false, summary: true };
  expect(parse({ 'revoke-original': 'true' })).toMatchObject({ ...defaults, revokeOriginal: true });
  expect(parse({ 'output-token': 'true' })).toMatchObject({ ...defaults, outputToken: true });
  expect(parse({ 'dry-run': 'true' })).toMatchObject({ ...defaults, dryRun: true });
});

describe('the repository of the workflow', () => {
  const inputs: Partial<Record<RotateInputName, string>> = { token, secret: 'NAME', 'github-token': 'ghs_x' };
  const placesIn = (env: Record<string, string>) =>
    parseRotateInputs(name => inputs[name] ?? '', env, 0).places;
  it('is the one given by the runner', () => {
    expect(placesIn({ GITHUB_REPOSITORY: ' octo/maps ' })).toMatchObject([
      { owner: ['repos', 'octo', 'maps'] },
    ]);
  });
  it('is required if the runner gives none', () => {
    expect(() => placesIn({})).toThrow('`repositories` is empty.');
  });
});

it('masks every token in the inputs, however it was pasted', () => {
  const inputs = { token: `"${token}"`, 'authorizing-token': ` ${web} `, 'github-token': ' ghs_x ' };
  const runner = new FakeRunner({ inputs });
  maskRotateInputs(runner);
  expect(runner.masks).toEqual(expect.arrayContaining([token, web, 'ghs_x']));
});
