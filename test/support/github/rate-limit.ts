/** GitHub's limits: so many requests an hour, and brakes on bursts. */
import { type GithubResponse, refuse } from './message.ts';

const HOUR = 3_600_000;
const DOCUMENTATION =
  'https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits';

const BRAKE = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
/** By what a form begins with, GitHub's words [cited in terraform-provider-github 2329, yaml-update-action 537]. */
const MESSAGES: Readonly<Record<string, string>> = {
  hour: 'API rate limit exceeded for installation ID 4711.',
  brake: BRAKE,
  words: `${BRAKE} If you reach out to GitHub Support for help, please include the request ID 9641:3C44.`,
  creation:
    'You have exceeded a secondary rate limit and have been temporarily blocked from content creation. Please retry your request again later.',
  abuse: 'You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.',
};

/**
 * The forms in which GitHub says that a limit is reached [GitHub, Rate limits for the REST API]: of the hour (403 or 429
 * with `x-ratelimit-remaining: 0` and the end of the hour), a brake (403 or 429 with `retry-after`), that on writing
 * (likewise), and a brake that only the words tell, today's and those of before 2021.
 */
export type LimitForm =
  | 'hour-403'
  | 'hour-429'
  | 'brake-403'
  | 'brake-429'
  | 'creation-403'
  | 'words-403'
  | 'abuse-403';

/** A refusal in this form; `seconds` until requests are welcome again, at GitHub's time `now` (milliseconds). */
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

/** The requests of the hour. One for all credentials: a test has one as a rule. */
export class RateLimit {
  readonly #now: () => number;
  #resetsAt = 0;
  readonly limit = 5000;
  /** What is left of the hour. A test may take it away. */
  remaining = this.limit;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts a request. Gives the refusal when there are none left. */
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

  /** What every response says of the hour. */
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
