import type { Socket } from 'node:net';

const CONTINUE = 'HTTP/1.1 100';

/**
 * Drops `100 Continue` responses from what a new connection receives. A server may send one unasked, and a client is to
 * ignore it [RFC 9110, section 15.2], but undici 8.12 takes it for an error.
 */
export function skipContinue(socket: Socket): Socket {
  const read = socket.read.bind(socket);
  let received: Buffer = Buffer.alloc(0);
  let isPassed = false;
  socket.read = (size?: number): Buffer | null => {
    const chunk: Buffer | null = read(size);
    if (isPassed || chunk === null) return chunk;
    received = withoutContinue(Buffer.concat([received, chunk]));
    if (mayBeContinue(received)) return null;
    isPassed = true;
    return received;
  };
  return socket;
}

/** Without the `100 Continue` responses that are complete. */
function withoutContinue(received: Buffer): Buffer {
  let rest = received;
  while (mayBeContinue(rest)) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) break;
    rest = rest.subarray(end + 4);
  }
  return rest;
}

/** Whether the bytes are, or may become, the beginning of such a response. */
function mayBeContinue(bytes: Buffer): boolean {
  return bytes.subarray(0, CONTINUE.length).equals(Buffer.from(CONTINUE).subarray(0, bytes.length));
}
