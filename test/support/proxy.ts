import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { listenOnLoopback } from './loopback-server.ts';

export interface Proxy extends AsyncDisposable {
  /** Every request, even those that should not have arrived. */
  readonly seen: readonly IncomingMessage[];
  /** With its port. */
  readonly host: string;
}

/**
 * Starts a proxy that opens tunnels to any requested host.
 *
 * @param respond the status of the n-th response, counted from 0, to reject it.
 * @param serve creates the server, by default one without TLS.
 */
export async function startProxy(
  respond: (index: number) => number | undefined = () => undefined,
  serve: () => Server = createServer,
): Promise<Proxy> {
  const seen: IncomingMessage[] = [];
  const proxy = serve();
  proxy.on('request', (request: IncomingMessage, response: ServerResponse) => {
    seen.push(request);
    response.writeHead(500).end();
  });
  proxy.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const status = respond(seen.length);
    seen.push(request);
    socket.on('error', () => {});
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const tunnel = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      tunnel.write(head);
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on('error', () => socket.destroy());
  });
  const { url, close } = await listenOnLoopback(proxy);
  return { seen, host: url.host, [Symbol.asyncDispose]: close };
}
