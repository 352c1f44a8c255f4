import { describe, expect, it } from 'vitest';
import type { Success } from '../../../src/api/result.ts';
import type { CreatedToken } from '../../../src/mapbox/create.ts';
import { parseToken } from '../../../src/mapbox/token.ts';
import { clockCorrection, describeCorrection } from '../../../src/mint/clock-correction.ts';
import { Secret } from '../../../src/secret.ts';
import { rejected, serverError } from '../../support/api-results.ts';
import { START } from '../../support/fake-clock.ts';
import { OWNER, tokenText } from '../../support/tokens.ts';

const SECONDS = 1_200;

/** A temporary token that Mapbox issued at this time by its clock, with this lifetime. */
function issued(atMs: number, seconds: number): Success<CreatedToken> {
  return {
    kind: 'success',
    value: {
      secret: new Secret('a temporary token'),
      claims: undefined,
      id: undefined,
      usage: undefined,
      scopes: undefined,
      note: '',
      allowedUrls: [],
      created: undefined,
      issuedAt: new Date(atMs),
      expires: new Date(atMs + seconds * 1000),
      serverDate: new Date(atMs),
    },
  };
}

const correct = (result: Parameters<typeof clockCorrection>[0]) =>
  clockCorrection(result, SECONDS, 50, START);

describe('a token with a wrong lifetime', () => {
  it.each([
    ['ahead', -900_000, 300],
    ['behind', 900_000, 2_100],
  ])('is created again if the runner’s clock is %s', (_, differenceMs, seconds) => {
    expect(correct(issued(START + differenceMs, seconds))).toEqual({
      differenceMs,
      skewMs: differenceMs,
      reason: 'wrong-lifetime',
    });
  });

  it('is accepted within the promised tolerance', () => {
    expect(correct(issued(START, SECONDS))).toBeUndefined();
    expect(correct(issued(START - 4_000, SECONDS - 4))).toBeUndefined();
  });

  it('is recognized by any time that Mapbox gives', () => {
    const { value } = issued(START - 900_000, 300);
    const text = tokenText('tk', { u: OWNER, iat: (START - 900_000) / 1000, exp: (START - 600_000) / 1000 });
    const unsaid = { ...value, issuedAt: undefined, serverDate: undefined };
    const inText = { ...unsaid, claims: parseToken(text) };
    expect(correct({ kind: 'success', value: inText })).toMatchObject({ differenceMs: -900_000 });
    expect(correct({ kind: 'success', value: unsaid })).toBeUndefined();
    const dated = { ...unsaid, serverDate: value.serverDate };
    expect(correct({ kind: 'success', value: dated })).toMatchObject({ differenceMs: -900_000 });
  });

  it('is blamed on clocks that differ by two seconds or more', () => {
    expect(correct(issued(START + 2_000, 300))).toMatchObject({ differenceMs: 2_000 });
  });

  it('is not blamed on clocks that agree', () => {
    expect(correct(issued(START + 1_000, 300))).toBeUndefined();
  });
});

describe('an expiry that Mapbox rejected', () => {
  const rejectedAt = (reason: 'expires-in-past' | 'expires-too-late', atMs: number | undefined) =>
    rejected({ reason, serverDate: atMs === undefined ? undefined : new Date(atMs) });

  it('is requested again by Mapbox’s clock, a second shorter if it was too late', () => {
    expect(correct(rejectedAt('expires-in-past', START + 900_000))).toMatchObject({
      skewMs: 900_000,
      reason: 'rejected',
    });
    expect(correct(rejectedAt('expires-too-late', START - 900_000))).toMatchObject({
      differenceMs: -900_000,
      skewMs: -901_000,
    });
  });

  it('cannot be corrected if Mapbox gives no time', () => {
    expect(correct(rejectedAt('expires-in-past', undefined))).toBeUndefined();
  });
});

it('no other rejection is corrected', () => {
  expect(correct(rejected({ serverDate: new Date(START + 900_000) }))).toBeUndefined();
  expect(
    correct({ kind: 'retries-exhausted', service: 'Mapbox', last: serverError(), attempts: 1, elapsed: 1 }),
  ).toBeUndefined();
});

it('the log says which clock is wrong, by how much, and what follows', () => {
  expect(describeCorrection({ differenceMs: -900_000, skewMs: -900_000, reason: 'rejected' })).toBe(
    "The runner's clock is 15 min ahead of Mapbox's. Retrying by Mapbox's clock.",
  );
  expect(describeCorrection({ differenceMs: 900_000, skewMs: 900_000, reason: 'wrong-lifetime' })).toBe(
    "The runner's clock is 15 min behind Mapbox's, so the token would not live as long as requested. Creating another one by Mapbox's clock; the first expires on its own.",
  );
  expect(describeCorrection({ differenceMs: 1_000, skewMs: 0, reason: 'rejected' })).toBe(
    "Mapbox rejected the expiry. Retrying by Mapbox's clock.",
  );
});

describe('Mapbox’s time', () => {
  const { value } = issued(START - 900_000, 300);
  const from = (changes: Partial<CreatedToken>) =>
    correct({ kind: 'success', value: { ...value, ...changes } });

  it('is the token’s issue in the response or the text, else the response’s date', () => {
    const claims = {
      usage: 'tk',
      username: 'octo',
      id: undefined,
      expiresAt: undefined,
      scopes: undefined,
    } as const;
    const issuedAt = new Date(START - 900_000);
    const other = new Date(START - 899_000);
    expect(from({ serverDate: undefined })).toMatchObject({ differenceMs: -900_000 });
    expect(from({ issuedAt: undefined, claims: { ...claims, issuedAt }, serverDate: other })).toMatchObject({
      differenceMs: -900_000,
    });
    expect(from({ issuedAt: undefined, serverDate: other })).toMatchObject({ differenceMs: -899_000 });
  });

  it('is unknown without these, and so is a lifetime without an expiry', () => {
    expect(from({ issuedAt: undefined, serverDate: undefined })).toBeUndefined();
    expect(from({ expires: undefined })).toBeUndefined();
  });

  it('differs from the runner’s by two seconds or more, or the clocks agree', () => {
    expect(correct(issued(START - 2_000, 300))).toMatchObject({ differenceMs: -2_000 });
    expect(correct(issued(START - 1_999, 300))).toBeUndefined();
    expect(describeCorrection({ differenceMs: -2_000, skewMs: 0, reason: 'rejected' })).toContain(
      '2 s ahead',
    );
  });
});
