import { spoken } from '../duration.ts';
import type { Access } from '../inputs/connection.ts';
import type { Account } from '../mapbox/account.ts';
import { explain } from '../mapbox/describe.ts';
import type { Refused, Setback } from '../mapbox/result.ts';
import type { GaveUp, Patience } from '../mapbox/retry.ts';
import { Failure, titles } from './action-error.ts';
import { diagnose } from './rejection.ts';

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

/** Why it was given up, and after how much effort. */
export function explainGivingUp({ last, attempts, spent }: GaveUp): string {
  const tries = attempts === 1 ? 'one attempt' : `${attempts} attempts over ${spoken(spent)}`;
  return `${explain(last)} Given up after ${tries}.`;
}

export async function failureAfter(
  end: Refused | GaveUp,
  scopes: readonly string[],
  authorizer: Access['authorizer'],
  account: Account,
  { clock }: Patience,
): Promise<Failure> {
  if (end.kind === 'refused') return diagnose(end, scopes, authorizer, account, clock);
  const { last } = end;
  const advice =
    last.kind === 'limited'
      ? 'Raise `timeout` above that, or have fewer jobs mint at the same time.'
      : 'See https://status.mapbox.com, or raise `timeout` and run the job again.';
  return new Failure(titleOf(last), `${explainGivingUp(end)} ${advice}`);
}
