import { describe, expect, it } from 'vitest';
import { findLink } from '../../../src/mapbox/link.ts';

describe('the next link', () => {
  it.each([
    ['<https://a/?start=b>; rel="next"', 'https://a/?start=b'],
    ['<b>; rel=next', 'b'],
    ['<b>;rel=NEXT', 'b'],
    ['<b> ; rel = "next"', 'b'],
    ['<a>; rel="prev", <b>; rel="next"', 'b'],
    ['<b>; rel="next", <a>; rel="prev"', 'b'],
    ['<b>; rel="prev next"', 'b'],
    ['<b>; rel="next first"', 'b'],
    ['<b>; title="one, two; three"; rel="next"', 'b'],
    ['<a>; title="<b>; rel=\\"next\\"", <c>; rel="next"', 'c'],
    ['<b,c;d>; rel="next"', 'b,c;d'],
    ['<a>; rel="next"; title="x", <b>; rel="last"', 'a'],
    [', ,<b>; rel="next"', 'b'],
    ['<a> , <b>; rel="next"', 'b'],
    ['<b>; rel="ne\\xt"', 'b'],
    ['<b>; rel="next"; rel="prev"', 'b'],
    ['<a>; anchor="#x"; rel="next", <b>; rel="next"', 'b'],
  ])('of %s is %s', (header, target) => {
    expect(findLink(header, 'next')).toEqual({ target, complete: true });
  });

  it.each([
    '',
    ' , ',
    '<a>; rel="prev"',
    '<a>; rel="prev", ',
    '<a>; rel=" prev "',
    '<a>; rel=preload; as=style, <b>; rel="alternate"',
    '<a>; rel="next-archive"',
    "<a>; rel='next'",
    '<a>; title="rel=next"; rel="prev"',
    '<a>; title="x; rel=next"; rel="prev"',
    '<a>; title="<b>; rel=\\"next\\""; rel="prev"',
    '<a>; rel="prev"; rel="next"',
    '<a>; anchor="#x"; rel="prev"',
  ])('is missing in %s', header => {
    expect(findLink(header, 'next')).toEqual({ target: undefined, complete: true });
  });

  it.each([
    'a; rel="next"',
    'abc; rel="next", <b>; rel="last"',
    '<a; rel="next"',
    '<a> rel="next"',
    '<a>; title="b; rel="next"',
    '<a>; title=\'b, c\', <d>; rel="next"',
    '<a>; rel="prev" <b>; rel="next"',
  ])('may exist in %s, which cannot be parsed', header => {
    expect(findLink(header, 'next')).toEqual({ target: undefined, complete: false });
  });

  it.each([
    '<a>',
    '<a>; rel',
    '<a>; rel=',
    '<a>; rel=ne',
    '<a>; rel="prev n"',
    '<a>; rev="next"',
    '<a>; title="x; rel=next"',
    '<a>, <b>; rel="prev"',
    '<b>; rel="prev", <a>',
    '<a>; anchor="#x"; rel="next"',
  ])('may be meant by %s, whose relation is missing, cut off or of another page', header => {
    expect(findLink(header, 'next')).toEqual({ target: undefined, complete: false });
  });

  it('is found quickly even in a header designed to be slow to parse', () => {
    for (const header of [`<a>${'; '.repeat(5000)}`, `<a>; x="${'\\\\'.repeat(5000)}`, '<'.repeat(9000)]) {
      expect(findLink(header, 'next').target).toBeUndefined();
    }
  });
});
