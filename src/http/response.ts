import type { Secret } from '../secret.ts';

/** The body of a response. It may contain a new token, even if it is incomplete. */
export type ResponseBody =
  | { readonly kind: 'complete'; readonly text: Secret }
  | {
      readonly kind: 'incomplete';
      readonly how: 'truncated' | 'too-large' | 'timeout';
      readonly text: Secret;
    };

export interface HttpResponse {
  readonly kind: 'response';
  readonly status: number;
  /**
   * By lower-case name. A repeated header has only its first value, except `link`, whose values are joined with commas.
   */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ResponseBody;
  readonly peer?: Peer;
}

/** No response arrived. `sent: false` guarantees that the server never saw the request. */
export interface NoResponse {
  readonly kind: 'no-response';
  readonly sent: boolean;
  /**
   * The error code of Node, OpenSSL or undici (`ECONNREFUSED`), or one of our own: `TIMEOUT`, `NOT_HTTP`,
   * `PROXY_<status>`.
   */
  readonly code: string;
  readonly peer?: Peer;
}

/** The host that should have responded, and details of the failure. None of them is secret. */
export interface Peer {
  /** `api.mapbox.com:443` */
  readonly host: string;
  readonly proxy: ProxyPeer | undefined;
  /** `undefined` if there is nothing to add to the code. */
  readonly findings?: Findings | undefined;
}

/** Details of a failure besides its code. */
export interface Findings {
  /** Whether the connection to the proxy failed, not the one through it. */
  readonly isProxys?: boolean;
  /** The hosts that a certificate is valid for, if the requested one is not among them. Untrusted text. */
  readonly certificateNames?: readonly string[];
  /** The authentication schemes that a proxy offers, in lower case: `negotiate`. */
  readonly proxySchemes?: readonly string[];
  /** Why NODE_EXTRA_CA_CERTS does not help, if a certificate was rejected. */
  readonly extraCaProblem?: ExtraCaProblem;
}

/** Why NODE_EXTRA_CA_CERTS adds no certificate. Node starts anyway, and warns only in the first two cases. */
export type ExtraCaProblem = 'missing' | 'unreadable' | 'directory' | 'no-certificate';

/** The proxy that the request was sent through. */
export interface ProxyPeer {
  /** `proxy.example.com:3128` */
  readonly host: string;
  /** The environment variable that names it: `HTTPS_PROXY`. */
  readonly variable: string;
  /** Whether its address has a user or a password. */
  readonly hasCredentials: boolean;
}
