const DESCRIPTIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  ENOTFOUND: 'its name is not known to DNS',
  EAI_AGAIN: 'DNS did not answer',
  ENETUNREACH: 'the network is unreachable',
  EHOSTUNREACH: 'the host is unreachable',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'connecting took too long',
  UND_ERR_HEADERS_TIMEOUT: 'it was silent for too long',
  UND_ERR_BODY_TIMEOUT: 'it was silent for too long',
  TIMEOUT: 'it took too long',
  UND_ERR_HEADERS_OVERFLOW: 'its headers are too large',
  NOT_HTTP: 'what came back is not HTTP',
};

/** What a network error's code means: the predicate of a sentence about whoever was asked. */
export function describeErrorCode(code: string): string {
  const known = DESCRIPTIONS[code];
  if (known !== undefined) return `${known} (${code})`;
  const proxyStatus = /^PROXY_(\d{3})$/.exec(code)?.[1];
  if (proxyStatus === '407') return 'the proxy wants a user and a password (407); put them into HTTPS_PROXY';
  if (proxyStatus !== undefined) return `the proxy answered ${proxyStatus}`;
  if (code.includes('_ALERT_')) return `the TLS handshake was refused (${code})`;
  if (/CERT|SIGNATURE|SELF_SIGNED|ERR_TLS/.test(code)) {
    return `its certificate is not trusted (${code}); if a proxy of yours signs it, name its CA file in NODE_EXTRA_CA_CERTS`;
  }
  if (code.startsWith('ERR_SSL_WRONG_VERSION'))
    return `what answered there does not speak TLS (${code}); check the port, and \`https:\` in a proxy's address`;
  return code;
}
