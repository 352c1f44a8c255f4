import type { Peer, ProxyPeer } from './response.ts';

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed',
  UND_ERR_SOCKET: 'connection closed',
  ENOTFOUND: 'DNS does not know the name',
  EAI_AGAIN: 'DNS did not respond',
  ENETUNREACH: 'network unreachable',
  EHOSTUNREACH: 'host unreachable',
  ETIMEDOUT: 'connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'connecting took too long',
  UND_ERR_HEADERS_TIMEOUT: 'silent for too long',
  UND_ERR_BODY_TIMEOUT: 'silent for too long',
  TIMEOUT: 'took too long',
  UND_ERR_HEADERS_OVERFLOW: 'headers too large',
  NOT_HTTP: 'the response is not HTTP',
};

/** `api.mapbox.com:443 through the proxy proxy.example.com:3128` */
export function describePeer({ host, proxy }: Peer): string {
  return proxy === undefined ? host : `${host} through the proxy ${proxy.host}`;
}

/**
 * Describes a network error's code, and what to do about it.
 *
 * @param proxy the proxy on the way, which is then whom the connection was to.
 */
export function describeErrorCode(code: string, proxy?: ProxyPeer): string {
  if (code === 'ENOTFOUND' && proxy !== undefined) return `DNS does not know the proxy's name (${code})`;
  const known = DESCRIPTIONS[code];
  if (known !== undefined) return `${known} (${code})`;
  const proxyStatus = /^PROXY_(\d{3})$/.exec(code)?.[1];
  if (proxyStatus === '407') return describe407(proxy);
  if (proxyStatus !== undefined) return `the proxy answered ${proxyStatus}`;
  if (code.includes('_ALERT_')) return `TLS handshake rejected (${code})`;
  if (/CERT|SIGNATURE|SELF_SIGNED|ERR_TLS/.test(code)) {
    return `the certificate is not trusted (${code}); if your proxy signs it, name its CA file in NODE_EXTRA_CA_CERTS`;
  }
  if (code.startsWith('ERR_SSL_WRONG_VERSION')) {
    return `the server does not speak TLS (${code}); check the port, and \`https:\` in a proxy's address`;
  }
  return code;
}

function describe407(proxy: ProxyPeer | undefined): string {
  const variable = proxy?.variable ?? 'HTTPS_PROXY';
  return proxy?.hasCredentials
    ? `the proxy rejected the user or password in ${variable} (407)`
    : `the proxy requires a user and a password (407); put them into ${variable}, as in http://user:password@proxy.example.com:3128`;
}
