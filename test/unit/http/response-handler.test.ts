import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { ResponseHandler } from '../../../src/http/response-handler.ts';

const MINUTE = 60_000;

/** The part of undici's controller that the handler uses. */
function controller(): Dispatcher.DispatchController & { readonly aborts: readonly Error[] } {
  const aborts: Error[] = [];
  return {
    aborts,
    aborted: false,
    paused: false,
    reason: null,
    rawHeaders: null,
    abort: error => {
      aborts.push(error);
    },
    pause: () => {},
    resume: () => {},
  };
}

function started(handler: ResponseHandler, headers: Record<string, string | string[] | undefined> = {}) {
  const own = controller();
  handler.onRequestStart(own);
  handler.onResponseStart(own, 200, headers);
  return own;
}

describe('a response', () => {
  it('has lower-case header names and the first value of each, but every link', async () => {
    const handler = new ResponseHandler(MINUTE, 10);
    started(handler, { DATE: 'now', 'X-Twice': ['a', 'b'], link: ['<a>', '<b>'], none: undefined });
    handler.onResponseEnd();
    expect(await handler.end).toMatchObject({ headers: { date: 'now', 'x-twice': 'a', link: '<a>, <b>' } });
  });

  it.each([
    ['\u{feff}{}', '{}'],
    ['{"a":"\u{feff}"}', '{"a":"\u{feff}"}'],
    ['\u{feff}\u{feff}', '\u{feff}'],
  ])('loses one leading byte order mark: %j', async (sent, text) => {
    const handler = new ResponseHandler(MINUTE, 100);
    const own = started(handler);
    // A byte order mark may arrive in pieces.
    for (const byte of Buffer.from(sent)) handler.onResponseData(own, Buffer.of(byte));
    handler.onResponseEnd();
    const end = await handler.end;
    expect(end.kind === 'response' && end.body.text.reveal()).toBe(text);
  });

  it('is cut off if it is too large', async () => {
    const handler = new ResponseHandler(MINUTE, 3);
    const own = started(handler);
    handler.onResponseData(own, Buffer.from('abc'));
    expect(own.aborts).toEqual([]);
    handler.onResponseData(own, Buffer.from('d'));
    expect(await handler.end).toMatchObject({ status: 200, body: { kind: 'incomplete', how: 'too-large' } });
    expect(own.aborts).toHaveLength(1);
  });

  it('settles once', async () => {
    const handler = new ResponseHandler(MINUTE, 10);
    const own = started(handler);
    handler.onResponseEnd();
    handler.onResponseError(own, new Error('late'));
    expect(await handler.end).toMatchObject({ body: { kind: 'complete' } });
  });
});

describe('without a response', () => {
  it('the request counts as unsent until undici starts it, and can still be stopped', async () => {
    const handler = new ResponseHandler(0, 10);
    expect(await handler.end).toEqual({ kind: 'no-response', sent: false, code: 'TIMEOUT' });
    const own = controller();
    handler.onRequestStart(own);
    expect(own.aborts).toHaveLength(1);
  });

  it('the request may have been sent once undici started it', async () => {
    const handler = new ResponseHandler(20, 10);
    const own = controller();
    handler.onRequestStart(own);
    expect(await handler.end).toEqual({ kind: 'no-response', sent: true, code: 'TIMEOUT' });
    expect(own.aborts).toHaveLength(1);
  });

  it('a stopped request does not leave when the connection opens', async () => {
    const handler = new ResponseHandler(MINUTE, 10, () => false);
    const own = controller();
    handler.onRequestStart(own);
    expect(await handler.end).toEqual({ kind: 'no-response', sent: false, code: 'TOO_LATE' });
    expect(own.aborts).toHaveLength(1);
  });

  it('the failure has undici’s error code', async () => {
    const handler = new ResponseHandler(MINUTE, 10);
    handler.fail(Object.assign(new Error('x'), { code: 'ECONNRESET' }));
    expect(await handler.end).toEqual({ kind: 'no-response', sent: false, code: 'ECONNRESET' });
  });
});
