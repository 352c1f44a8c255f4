import type { LookupFunction } from 'node:net';
import type { buildConnector } from 'undici';
import createTlsConnector from 'undici/lib/core/connect.js';
import { clock } from '../clock.ts';
import { connectToFirst } from './happy-eyeballs.ts';
import { skipInterim } from './skip-interim.ts';

/**
 * `rejectUnauthorized` is set so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch the check off: NODE_EXTRA_CA_CERTS adds
 * another authority. HTTP/2 is not in the bundle, so neither a server nor an `https:` proxy must be offered it.
 *
 * @param timeoutMs milliseconds for the handshake.
 */
export function tlsOptions(timeoutMs: number): buildConnector.BuildOptions {
  return { timeout: timeoutMs, rejectUnauthorized: true, allowH2: false };
}

/**
 * How undici is to connect to a server or to a proxy.
 *
 * @param timeoutMs milliseconds for finding the host, connecting, and the TLS handshake.
 * @param signal stops trying.
 * @param lookup resolves host names; Node's own unless given.
 */
export function createConnector(
  timeoutMs: number,
  signal: AbortSignal,
  lookup?: LookupFunction,
): buildConnector.connector {
  return skippingInterim((options, callback) => {
    const isTls = options.protocol === 'https:';
    const port = Number(options.port) || (isTls ? 443 : 80);
    const start = clock.monotonic();
    connectToFirst({ host: options.hostname, port, timeoutMs }, signal, lookup).then(
      socket => {
        if (!isTls) return callback(null, socket.setNoDelay(true));
        const remaining = Math.max(1, timeoutMs - (clock.monotonic() - start));
        createTlsConnector(tlsOptions(remaining))({ ...options, httpSocket: socket }, callback);
      },
      (error: Error) => callback(error, null),
    );
  });
}

/** The same connector, on whose connections {@link skipInterim} is at work. */
export function skippingInterim(connector: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connector(options, (...[error, socket]) => {
      if (error === null) callback(null, skipInterim(socket));
      else callback(error, null);
    });
}
