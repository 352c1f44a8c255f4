import type { Findings } from './response.ts';

/**
 * The tunnel through the proxy failed: the proxy responded to CONNECT with a status other than 200, or could not be
 * reached.
 */
export class TunnelError extends Error {
  /** `undefined` if the proxy did not respond; `cause` says why. */
  readonly status: number | undefined;
  /** Its `Proxy-Authenticate` headers. */
  readonly challenges: string;

  constructor(status: number | undefined, challenges: string, cause?: unknown) {
    super('no tunnel', { cause });
    this.status = status;
    this.challenges = challenges;
  }
}

/** Reads the code of an error or of its cause, and further findings. The code is reduced to letters, digits and `_`. */
export function readFailure(error: unknown): { readonly code: string; readonly findings?: Findings } {
  let findings: Findings | undefined;
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof TunnelError) {
      const proxySchemes = at.status === 407 ? parseSchemes(at.challenges) : undefined;
      findings = { isProxys: true, ...(proxySchemes && { proxySchemes }) };
      if (at.status !== undefined) return { code: `PROXY_${at.status}`, findings };
    }
    const code = codeOf(at);
    if (code === undefined) continue;
    const certificateNames = code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? namesIn(at) : undefined;
    if (certificateNames !== undefined) findings = { ...findings, certificateNames };
    return findings === undefined ? { code } : { code, findings };
  }
  return { code: 'UNKNOWN' };
}

function codeOf(error: Error): string | undefined {
  // undici 8.12.4 gives this error an empty code.
  if (error.name === 'HTTPParserError') return 'NOT_HTTP';
  if (!('code' in error) || typeof error.code !== 'string') return undefined;
  return /^UND_ERR_(?:PRX|INFO)/.test(error.code) ? undefined : error.code.replace(/\W/g, '_');
}

const SCHEMES = ['basic', 'digest', 'negotiate', 'kerberos', 'ntlm', 'bearer'];

/** The known schemes in `Basic realm="a, b", Negotiate` [RFC 9110, section 11.6.1]. */
function parseSchemes(challenges: string): string[] {
  const words = challenges.replace(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/(?:^|,)\s*([\w-]+)(?!\s*=)(?![\w-])/g);
  const found = [...words].map(([, word = '']) => word.toLowerCase());
  return SCHEMES.filter(scheme => found.includes(scheme));
}

/**
 * The names in the certificate that Node attaches to the error [tls.checkServerIdentity]. An old certificate without
 * alternative names has one in its subject.
 */
function namesIn(error: Error): string[] | undefined {
  const cert = field(error, 'cert');
  const alternatives = field(cert, 'subjectaltname');
  const commonName = field(field(cert, 'subject'), 'CN');
  if (alternatives === undefined && typeof commonName === 'string' && /^[\w.:*-]+$/.test(commonName))
    return [commonName];
  if (typeof alternatives !== 'string') return undefined;
  return [...alternatives.matchAll(/(?:^|, )(?:DNS|IP Address):([\w.:*-]+)(?=,|$)/g)].map(
    ([, name = '']) => name,
  );
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
