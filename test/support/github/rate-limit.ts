/** GitHub's rate limits: requests per hour, and secondary limits on bursts. */
import { type GithubResponse, refuse } from './message.ts';

const HOUR = 3_600_000;
const DOCUMENTATION =
  'https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits';

const BRAKE = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
/** By the first word of a form, GitHub's messages [cited in terraform-provider-github 2329, yaml-update-action 537]. */
const MESSAGES: Readonly<Record<string, string>> = {
  hour: 'API rate limit exceeded for installation ID 4711.',
  brake: BRAKE,
  words: `${BRAKE} If you reach out to GitHub Support for help, please include the request ID 9641:3C44.`,
  creation:
    'You have exceeded a secondary rate limit and have been temporarily blocked from content creation. Please retry your request again later.',
  abuse: 'You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.',
};

/**
 * The forms of GitHub's rate limits [GitHub, Rate limits for the REST API]: hourly (403 or 429 with
 * `x-ratelimit-remaining: 0` and the end of the hour), secondary (403 or 429 with `retry-after`), on writing
 * (likewise), and secondary by its message only, in today's words and in those from before 2021.
 */
export type LimitForm =
  | 'hour-403'
  | 'hour-429'
  | 'brake-403'
  | 'brake-429'
  | 'creation-403'
  | 'words-403'
  | 'abuse-403';

/** A rejection in this form; `seconds` until the limit resets, at GitHub's time `now` (milliseconds). */
export function limitResponse(form: LimitForm, seconds: number, now: number): GithubResponse {
  const [kind = '', status] = form.split('-');
  const reset = String(Math.ceil(now / 1000) + seconds);
  const headers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    hour: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
    words: {},
    abuse: {},
  };
  const paused = { 'retry-after': String(seconds) };
  return refuse(Number(status), MESSAGES[kind] ?? '', DOCUMENTATION, headers[kind] ?? paused);
}

/** The requests of the hour, shared by all credentials, as a test usually has one. */
export class RateLimit {
  readonly #now: () => number;
  #resetsAt = 0;
  readonly limit = 5000;
  /** The remaining requests of the hour, which a test may reduce. */
  remaining = this.limit;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts a request. Returns a rejection if none remain. */
  spend(): GithubResponse | undefined {
    const now = this.#now();
    if (now >= this.#resetsAt) {
      if (this.#resetsAt > 0) this.remaining = this.limit;
      this.#resetsAt = now + HOUR;
    }
    if (this.remaining <= 0) return limitResponse('hour-403', Math.ceil((this.#resetsAt - now) / 1000), now);
    this.remaining -= 1;
    return undefined;
  }

  /** The rate limit headers of every response. */
  headers(): Record<string, string> {
    return {
      'x-ratelimit-limit': String(this.limit),
      'x-ratelimit-remaining': String(Math.max(0, this.remaining)),
      'x-ratelimit-used': String(this.limit - this.remaining),
      'x-ratelimit-reset': String(Math.ceil(this.#resetsAt / 1000)),
      'x-ratelimit-resource': 'core',
    };
  }
}
