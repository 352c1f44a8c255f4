/** Starts any server on a free port of the loopback interface. */
import type { AddressInfo, Server, Socket } from 'node:net';

export interface LoopbackServer extends AsyncDisposable {
  readonly port: number;
  readonly url: URL;
  /** Ends every connection, even those in use. */
  close(): Promise<void>;
}

/**
 * Starts `server`, from Node's `net`, `http`, `https` or `http2`.
 *
 * @param scheme of the returned URL.
 * @param port 0 for any free one.
 */
export async function listenOnLoopback(server: Server, scheme = 'http', port = 0): Promise<LoopbackServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // A killed client resets its connection.
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port: actualPort } = addressOf(server);
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>(resolve => server.close(() => resolve()));
  };
  return {
    port: actualPort,
    url: new URL(`${scheme}://127.0.0.1:${actualPort}`),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address;
}
