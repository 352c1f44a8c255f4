import type { Readable } from 'node:stream';

const INTERIM = 'HTTP/1.1 1';

/** Of 101, which is final: the connection would speak another protocol from then on. */
const SWITCHING = '01';

/** The head of a response that is larger is left to the parser, which has its own limit. */
const MAX_HEAD_BYTES = 16_384;

/**
 * Drops the interim responses (1xx) from what a new connection receives. A server may send some unasked, and a client is
 * to ignore them [RFC 9110, section 15.2], but undici 8.12 takes `100 Continue` for an error.
 */
export function skipInterim<S extends Readable>(connection: S): S {
  const read = connection.read.bind(connection);
  let received: Buffer = Buffer.alloc(0);
  let isFinal = false;
  connection.read = (size?: number): Buffer | null => {
    const chunk: Buffer | null = read(size);
    if (isFinal || chunk === null) return chunk;
    received = withoutInterim(Buffer.concat([received, chunk]));
    if (mayBeInterim(received) && received.length <= MAX_HEAD_BYTES) return null;
    isFinal = true;
    return received;
  };
  return connection;
}

/** Without the interim responses that are complete. */
function withoutInterim(received: Buffer): Buffer {
  let rest = received;
  while (mayBeInterim(rest)) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) break;
    rest = rest.subarray(end + 4);
  }
  return rest;
}

/** Whether the bytes are, or may become, the beginning of an interim response. */
function mayBeInterim(bytes: Buffer): boolean {
  const text = bytes.toString('latin1', 0, INTERIM.length + SWITCHING.length);
  return INTERIM.startsWith(text.slice(0, INTERIM.length)) && text.slice(INTERIM.length) !== SWITCHING;
}
