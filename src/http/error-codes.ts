import type { NoResponse, Peer } from './response.ts';

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed',
  UND_ERR_SOCKET: 'connection closed',
  ENOTFOUND: 'DNS name not found',
  EAI_AGAIN: 'DNS did not respond',
  ENETUNREACH: 'network unreachable',
  EHOSTUNREACH: 'host unreachable',
  ETIMEDOUT: 'connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'connecting took too long',
  UND_ERR_HEADERS_TIMEOUT: 'no data received for too long',
  UND_ERR_BODY_TIMEOUT: 'no data received for too long',
  TIMEOUT: 'took too long',
  UND_ERR_HEADERS_OVERFLOW: 'headers too large',
  NOT_HTTP: 'the response is not HTTP',
  REQUEST_BUDGET: 'this step has sent a dozen requests within a minute, its own limit',
  ERR_WEBASSEMBLY_NOT_SUPPORTED: 'Node.js runs without WebAssembly',
};

/** The parts of a failed request that its description needs. */
export type Failure = Pick<NoResponse, 'code'> & { readonly peer?: Peer | undefined };

/** Why there was no response. */
export interface FailureDescription {
  /** What failed, worded to follow a colon: `connection refused (ECONNREFUSED)`. */
  readonly problem: string;
  /** What to do, in sentences; `undefined` if a later attempt may succeed: a time-out, or a proxy's 5xx. */
  readonly advice: string | undefined;
}

/** `api.mapbox.com:443 through the proxy proxy.example.com:3128` */
export function describePeer({ host, proxy }: Peer): string {
  return proxy === undefined ? host : `${host} through the proxy ${proxy.host}`;
}

/** The codes for a rejection by the other side. Those of TLS extensions lack `_ALERT_` [OpenSSL, sslerr.h]. */
const ALERT = /_ALERT_|^ERR_SSL_TLSV1_/;

/** Errors about certificates, including all of OpenSSL's verification results [Node.js docs, tls: X509 errors]. */
const CERTIFICATE =
  /CERT|SIGNATURE|SELF_SIGNED|ERR_TLS|UNABLE_TO_|^(?:INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|UNSPECIFIED)$/;

/** Whether this process rejected the certificate of the other side. */
export function isCertificateCode(code: string): boolean {
  return CERTIFICATE.test(code) && !ALERT.test(code);
}

/**
 * Describes a failure and what to do about it.
 *
 * @param hostSetting the setting that names the host: `` `api-url` ``, or a variable.
 */
export function describeFailure(failure: Failure, hostSetting: string): FailureDescription {
  const { code, peer } = failure;
  const proxyStatus = /^PROXY_(\d{3})$/.exec(code)?.[1];
  if (proxyStatus !== undefined) return describeProxyResponse(proxyStatus, peer);
  if (ALERT.test(code)) {
    return {
      problem: `TLS handshake rejected (${code})`,
      advice: `The server or the proxy rejected the connection. Check ${hostOrProxySetting(failure, hostSetting)}.`,
    };
  }
  if (isCertificateCode(code)) return describeCertificate(failure);
  if (code.startsWith('ERR_SSL_WRONG_VERSION')) {
    return {
      problem: `the server does not speak TLS (${code})`,
      advice: "Check the port, and `https:` in a proxy's address.",
    };
  }
  const isProxyUnknown = code === 'ENOTFOUND' && peer?.proxy !== undefined;
  const known = isProxyUnknown ? "the proxy's DNS name was not found" : DESCRIPTIONS[code];
  return {
    problem: known === undefined ? code : `${known} (${code})`,
    advice: adviceFor(failure, hostSetting),
  };
}

function adviceFor(failure: Failure, hostSetting: string): string | undefined {
  switch (failure.code) {
    case 'ENOTFOUND':
      return `Check the host in ${hostOrProxySetting(failure, hostSetting)}, and the runner's DNS.`;
    case 'EAI_AGAIN':
      return "Check the runner's DNS.";
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return `Check ${hostOrProxySetting(failure, hostSetting)}, and whether the runner's network or a firewall blocks the connection.`;
    case 'NOT_HTTP':
    case 'UND_ERR_HEADERS_OVERFLOW':
      return `Check the host and port in ${hostOrProxySetting(failure, hostSetting)}.`;
    case 'ERR_WEBASSEMBLY_NOT_SUPPORTED':
      return 'Remove `--jitless` from NODE_OPTIONS, or use a Node.js that has WebAssembly.';
    default:
      return undefined;
  }
}

/** The setting that names the host that failed: the proxy's variable if the connection to the proxy failed. */
function hostOrProxySetting({ peer }: Failure, hostSetting: string): string {
  return peer?.proxy !== undefined && peer.findings?.isProxys ? peer.proxy.variable : hostSetting;
}

function describeProxyResponse(status: string, peer: Peer | undefined): FailureDescription {
  const variable = peer?.proxy?.variable ?? 'HTTPS_PROXY';
  if (status === '407') return describe407(variable, peer);
  const mayPass = /^(?:408|425|429|[^4]..)$/.test(status);
  return {
    problem: `the proxy responded with ${status}`,
    advice: mayPass
      ? undefined
      : `Ask the proxy's administrator to allow ${peer?.host ?? 'this host'}, or add the host to NO_PROXY if the runner can reach it directly.`,
  };
}

function describe407(variable: string, peer: Peer | undefined): FailureDescription {
  const schemes = peer?.findings?.proxySchemes ?? [];
  if (schemes.length > 0 && !schemes.includes('basic')) {
    return {
      problem: `the proxy requires authentication with ${schemes.join(' or ')} (407), which is not supported`,
      advice: `Run a local proxy that authenticates to it, and set ${variable} to its address.`,
    };
  }
  return peer?.proxy?.hasCredentials
    ? {
        problem: `the proxy rejected the user or password in ${variable} (407)`,
        advice: 'Correct them.',
      }
    : {
        problem: 'the proxy requires a user and a password (407)',
        advice: `Put them into ${variable}, as in http://user:password@proxy.example.com:3128.`,
      };
}

const CA_ADVICE = 'If a proxy signs it, set NODE_EXTRA_CA_CERTS to its CA file.';

const EXTRA_CA_PROBLEMS = {
  missing: 'The file that NODE_EXTRA_CA_CERTS names does not exist.',
  unreadable: 'The file that NODE_EXTRA_CA_CERTS names cannot be read by this process.',
  directory: 'NODE_EXTRA_CA_CERTS names a directory. Set it to a file.',
  'no-certificate': 'The file that NODE_EXTRA_CA_CERTS names has no certificate in PEM format.',
} as const;

function describeCertificate({ code, peer }: Failure): FailureDescription {
  const { isProxys = false, certificateNames, extraCaProblem } = peer?.findings ?? {};
  const whose = isProxys ? "the proxy's certificate" : 'the certificate';
  const caAdvice = extraCaProblem === undefined ? CA_ADVICE : EXTRA_CA_PROBLEMS[extraCaProblem];
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return {
        problem: `${whose} has expired (${code})`,
        advice: `It has to be renewed, unless the runner's clock is wrong. ${caAdvice}`,
      };
    case 'CERT_NOT_YET_VALID':
      return {
        problem: `${whose} is not valid yet (${code})`,
        advice: `Check the runner's clock. ${caAdvice}`,
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        problem: `${whose} is for another host${listNames(certificateNames)} (${code})`,
        advice: isProxys
          ? `Check the host in ${peer?.proxy?.variable ?? 'the proxy variable'}.`
          : 'Check the host; DNS, a proxy or a firewall may lead to another server.',
      };
    case 'INVALID_CA':
    case 'INVALID_PURPOSE':
    case 'PATH_LENGTH_EXCEEDED':
      return {
        problem: `${whose} or its issuer's is not made for this use (${code})`,
        advice:
          'It has to be replaced. If NODE_EXTRA_CA_CERTS is set, check that its file has CA certificates.',
      };
    default:
      return { problem: `${whose} is not trusted (${code})`, advice: caAdvice };
  }
}

/** How many names a message shows at most, and how many characters of each. */
const MAX_NAMES = 3;
const MAX_NAME_LENGTH = 60;

function listNames(names: readonly string[] = []): string {
  if (names.length === 0) return '';
  const shown = names
    .slice(0, MAX_NAMES)
    .map(name => (name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name));
  return `: ${shown.join(', ')}${names.length > MAX_NAMES ? ', …' : ''}`;
}
