/** Asks the questions of the list one by one, and tells what was found beside what is assumed. */
import { type Assumption, type AssumptionId, assumptions } from '../support/mapbox/assumptions.ts';
import { type Laboratory, NotAsked } from './laboratory.ts';
import { probes } from './probes.ts';

export type Verdict = 'as assumed' | 'differs' | 'not asked';

export interface Finding {
  readonly id: AssumptionId;
  readonly assumption: Assumption;
  readonly verdict: Verdict;
  /** What was found, or why it was not asked. */
  readonly found: string;
}

export interface ConformanceOptions {
  readonly interrupted: AbortSignal;
  /** Whether to use up the account's rate limit for a minute. */
  readonly withRateLimit: boolean;
  /** Told of each finding as it comes. */
  readonly tell: (finding: Finding) => void;
}

/**
 * Asks every question that may be asked. Stops where it is interrupted.
 *
 * @throws {NotAsked} where the authorizing token does not suffice for anything.
 */
export async function conform(
  lab: Laboratory,
  { interrupted, withRateLimit, tell }: ConformanceOptions,
): Promise<Finding[]> {
  await lab.open();
  const findings: Finding[] = [];
  for (const assumption of assumptions) {
    if (interrupted.aborted) break;
    const { id, assumed } = assumption;
    const found = await ask(id, lab, withRateLimit);
    if (interrupted.aborted) break;
    const finding: Finding =
      found instanceof NotAsked
        ? { id, assumption, verdict: 'not asked', found: found.message }
        : { id, assumption, verdict: found === assumed ? 'as assumed' : 'differs', found };
    findings.push(finding);
    tell(finding);
  }
  return findings;
}

async function ask(id: AssumptionId, lab: Laboratory, withRateLimit: boolean): Promise<string | NotAsked> {
  if (id === 'rate-limit-answer' && !withRateLimit) {
    return new NotAsked('it uses up the account’s limit for a minute: --with-rate-limit');
  }
  try {
    // The last question leaves no requests to clear up with.
    if (id === 'rate-limit-answer') await lab.clear();
    return await probes[id](lab);
  } catch (error) {
    if (error instanceof NotAsked) return error;
    // No stack and no message: a failed fetch may name the URL, and with it a token.
    return new NotAsked(`it could not be asked (${error instanceof Error ? error.name : 'unknown'})`);
  }
}

/** A row of the table, and its head. */
export const HEAD = '| question | assumed | found | |\n|---|---|---|---|';
export function rowOf({ id, assumption, verdict, found }: Finding): string {
  const cells = [
    `${assumption.question}${assumption.section9 === 0 ? '' : ` (${assumption.section9})`}`,
    assumption.assumed,
    verdict === 'not asked' ? '' : found,
    verdict === 'not asked' ? `not asked: ${found}` : `${verdict} (${id})`,
  ];
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
