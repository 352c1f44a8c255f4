import { describe, expect, it } from 'vitest';
import { RequestBudget } from '../../../src/api/request-budget.ts';

const KIND = { deletionOf: 'clxdeletedtokenid' };

/** A budget after ten requests, one per second. */
function afterTen(): RequestBudget {
  const budget = new RequestBudget();
  for (let sent = 0; sent < 10; sent++) budget.count(undefined, sent * 1000);
  return budget;
}

it('has room for a dozen requests a minute', () => {
  expect([0, 1, 2].map(requests => afterTen().delay(10_000, requests))).toEqual([0, 0, 0]);
  expect([3, 4, 12].map(requests => afterTen().delay(10_000, requests))).toEqual([51_000, 52_000, 60_000]);
  expect(new RequestBudget().delay(0, 12)).toBe(0);
});

it('has room again after a minute, plus a second for the first request to arrive', () => {
  const budget = afterTen();
  expect(budget.delay(60_999, 3)).toBe(1);
  expect(budget.delay(61_000, 3)).toBe(0);
  budget.count(undefined, 61_000);
  expect(budget.delay(61_000, 3)).toBe(1000);
  for (let more = 0; more < 3; more++) budget.count(undefined, 61_500);
  expect(budget.delay(61_500, 0)).toBe(500);
});

it('never limits a sweep', () => {
  const budget = new RequestBudget(Number.POSITIVE_INFINITY);
  for (let sent = 0; sent < 100; sent++) budget.count(undefined, 0);
  expect(budget.delay(0)).toBe(0);
});

describe('neither counts nor delays', () => {
  it('further pages of a list', () => {
    const budget = new RequestBudget();
    for (let pages = 0; pages < 100; pages++) budget.count('further-page', 0);
    expect(budget.isFree('further-page')).toBe(true);
    expect(budget.delay(0, 12)).toBe(0);
  });

  it('a token’s first two deletions', () => {
    const budget = new RequestBudget();
    for (let tokens = 0; tokens < 20; tokens++) {
      for (let deletions = 0; deletions < 2; deletions++) {
        const kind = { deletionOf: `token${tokens}` };
        expect(budget.isFree(kind)).toBe(true);
        budget.count(kind, 0);
      }
    }
    expect(budget.delay(0, 12)).toBe(0);
  });
});

it('counts the third deletion of a token', () => {
  const budget = new RequestBudget();
  for (let deletions = 0; deletions < 3; deletions++) budget.count(KIND, 0);
  expect(budget.isFree(KIND)).toBe(false);
  expect(budget.delay(0, 11)).toBe(0);
  expect(budget.delay(0, 12)).toBe(61_000);
});

it('adds up the waits for rate limits', () => {
  const budget = new RequestBudget();
  expect(budget.rateLimitedMs).toBe(0);
  budget.waitedForRateLimit(61_000);
  budget.waitedForRateLimit(500);
  expect(budget.rateLimitedMs).toBe(61_500);
});
