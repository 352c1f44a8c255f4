import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { skipInterim } from '../../../src/http/skip-interim.ts';
import fc from '../../support/random.ts';

/** What is read from a connection that receives these chunks one by one. */
function readAll(chunks: readonly Buffer[]): string {
  const connection = skipInterim(new PassThrough());
  const read: Buffer[] = [];
  for (const chunk of chunks) {
    connection.write(chunk);
    for (let part: unknown = connection.read(); part !== null; part = connection.read()) {
      if (part instanceof Buffer) read.push(part);
    }
  }
  return Buffer.concat(read).toString('latin1');
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const PROCESSING = 'HTTP/1.1 102 Processing\r\nX-A: 1\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: <x>; rel="next"\r\n\r\n';
const FINAL = 'HTTP/1.1 201 Created\r\nContent-Length: 24\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n';

it('drops interim responses, however many, in whatever pieces they arrive', () => {
  const interim = fc.array(fc.constantFrom(CONTINUE, PROCESSING, HINTS), { maxLength: 4 });
  fc.assert(
    fc.property(interim, fc.array(fc.integer({ min: 1, max: 40 })), (heads, sizes) => {
      const bytes = Buffer.from(heads.join('') + FINAL, 'latin1');
      const chunks: Buffer[] = [];
      let start = 0;
      for (const size of sizes) {
        chunks.push(bytes.subarray(start, start + size));
        start += size;
      }
      expect(readAll([...chunks, bytes.subarray(start)].filter(({ length }) => length > 0))).toBe(FINAL);
    }),
  );
});

it('drops them byte by byte', () => {
  const bytes = Buffer.from(HINTS + CONTINUE + FINAL, 'latin1');
  expect(readAll(Array.from(bytes, byte => Buffer.of(byte)))).toBe(FINAL);
});

describe('leaves as it is', () => {
  it.each([
    ['a final response', FINAL],
    ['a switch to another protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\nbytes'],
    ['what is not HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['what begins like HTTP', 'HTTP/1.1 x'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 100 ${'x'.repeat(20_000)}`],
  ])('%s', (_, text) => {
    expect(readAll([Buffer.from(text, 'latin1')])).toBe(text);
  });
});
