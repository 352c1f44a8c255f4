/** Planned faults between a client and GitHub. */
import { type GithubResponse, refuse } from './message.ts';
import { type LimitForm, limitResponse } from './rate-limit.ts';

/** `processed`: whether GitHub carried out the request, even if the client never learns of it. */
export type Fault =
  /** The connection is reset, and the request never reached GitHub. */
  | { readonly kind: 'lost-before' }
  /** The connection is reset after GitHub carried out the request. */
  | { readonly kind: 'lost-after' }
  /** The connection is reset, and GitHub carries out the request just before the one after `after` others. */
  | { readonly kind: 'late'; readonly after: number }
  /** The connection is reset, and GitHub carries out the request `ms` milliseconds later by its clock. */
  | { readonly kind: 'delayed'; readonly ms: number }
  /** No response; the connection stays open. */
  | { readonly kind: 'hang'; readonly processed: boolean }
  /** Half of the response, and then the connection is closed. GitHub carried out the request. */
  | { readonly kind: 'truncated' }
  /** GitHub's own rejection, without any effect. */
  | { readonly kind: 'refused'; readonly status: keyof typeof REFUSALS }
  /** The same, for a reason that has little to do with the request. */
  | { readonly kind: 'refused'; readonly reason: keyof typeof REASONS }
  | { readonly kind: 'rate-limited'; readonly form: LimitForm; readonly seconds: number }
  /** Another response, such as a gateway's; a `body` that is not a string is written as JSON. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly processed: boolean;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    };

const REFUSALS = {
  401: 'Bad credentials',
  403: 'Resource not accessible by integration',
  404: 'Not Found',
  422: 'Bad request - validation failed due to an improperly encrypted secret',
} as const;

/**
 * 403s in GitHub's words [cited in aquasecurity/trivy 10567, ossf/scorecard 1504, octokit.rb 1307]. Archived
 * repositories and missing permissions are rejected without a fault: see `Directory`, `Credential`.
 */
export const REASONS = {
  'ip-allow-list':
    'Although you appear to have the correct authorization credentials, the `octo-org` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.',
  saml: 'Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.',
  suspended: 'This installation has been suspended',
} as const;

/** Sent with a 403 for SAML; anyone with the URL can authorize the token. */
const SSO = 'required; url=https://github.com/orgs/octo-org/sso?authorization_request=AZSCKL7U4D3Q';

/** Whether GitHub carries out a request with this fault. */
export function isProcessed(fault: Fault): boolean {
  if (fault.kind === 'hang' || fault.kind === 'status') return fault.processed;
  return fault.kind === 'lost-after' || fault.kind === 'truncated';
}

/** The response that a fault sends instead of GitHub's, `undefined` if there is none. */
export function faultResponse(fault: Fault, now: number): GithubResponse | undefined {
  switch (fault.kind) {
    case 'refused':
      if ('status' in fault) return refuse(fault.status, REFUSALS[fault.status]);
      return refuse(
        403,
        REASONS[fault.reason],
        undefined,
        fault.reason === 'saml' ? { 'x-github-sso': SSO } : {},
      );
    case 'rate-limited':
      return limitResponse(fault.form, fault.seconds, now);
    case 'status': {
      const { status, body, headers } = fault;
      const type = typeof body === 'string' ? 'text/html' : 'application/json';
      const typed = body === undefined ? {} : { 'content-type': `${type}; charset=utf-8` };
      return { status, headers: { ...typed, ...headers }, body };
    }
    default:
      return undefined;
  }
}
