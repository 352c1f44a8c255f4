import { type Failure, titles } from '../errors/action-error.ts';
import { spoken } from '../inputs/lifetime.ts';
import type { GaveUp, Setback } from '../setback.ts';

/** The titles that a lost struggle with the network ends under. */
export function titleOf(outcome: Setback): Failure['title'] {
  if (outcome.kind === 'limited') return titles.limited;
  if (outcome.kind === 'unsent') return titles.unreachable;
  switch (outcome.trouble.kind) {
    case 'no answer':
      return titles.unreachable;
    case 'failing':
      return titles.failing;
    case 'unreadable':
      return titles.strangeAnswer;
  }
}

/** One sentence on why an attempt came to nothing. */
export function explain(outcome: Setback): string {
  if (outcome.kind === 'limited') {
    return `Mapbox's rate limit is reached (429); it resets ${outcome.guessed ? 'within' : 'in'} ${spoken(outcome.wait)}.`;
  }
  if (outcome.kind === 'unsent') return `No connection to Mapbox: ${phrase(outcome.code)}.`;
  const { trouble } = outcome;
  switch (trouble.kind) {
    case 'no answer':
      return `No answer from Mapbox: ${phrase(trouble.code)}.`;
    case 'failing':
      return `Mapbox answered ${trouble.status} with ${trouble.form}.`;
    case 'unreadable':
      return `Mapbox answered ${trouble.status}, but with ${trouble.form}.`;
  }
}

/** Why it was given up, and after how much effort. */
export function explainGivingUp({ last, attempts, spent }: GaveUp): string {
  const tries = attempts === 1 ? 'one attempt' : `${attempts} attempts over ${spoken(spent)}`;
  return `${explain(last)} Given up after ${tries}.`;
}

const PHRASES: Readonly<Record<string, string>> = {
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
export function phrase(code: string): string {
  const known = PHRASES[code];
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
