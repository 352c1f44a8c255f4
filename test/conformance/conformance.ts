/** Runs the probes one by one, and reports each finding beside the assumption. */
import { type Assumption, type AssumptionId, assumptions } from '../support/mapbox/assumptions.ts';
import { type ApiClient, NotAsked, Unsafe } from './api-client.ts';
import { accessProbes } from './probes/access.ts';
import { creationProbes } from './probes/creation.ts';
import { listProbes } from './probes/list.ts';
import type { Found, Probe } from './probes/probe.ts';
import { serviceProbes } from './probes/services.ts';

export type Verdict = 'as assumed' | 'as reported' | 'differs' | 'not asked';

export interface Finding {
  readonly id: AssumptionId;
  readonly assumption: Assumption;
  /** `as reported`: the stand-in is deliberately stricter than Mapbox. */
  readonly verdict: Verdict;
  /** The finding, or why the probe did not run. */
  readonly found: string;
  /** Details, if any. */
  readonly detail: string;
}

export interface ConformanceOptions {
  readonly interrupted: AbortSignal;
  /** Whether to use up the account's rate limit for a minute. */
  readonly withRateLimit: boolean;
  /** Called with each finding as it arrives. */
  readonly onFinding: (finding: Finding) => void;
}

/** The scopes of an authorizing token that allows every probe. */
export const PROBED_SCOPES: readonly string[] = [
  ...['tokens:write', 'tokens:read', 'scopes:list', 'styles:read'],
  ...['tilesets:list', 'uploads:list', 'downloads:read'],
];

const probes: Readonly<Record<AssumptionId, Probe>> = {
  ...creationProbes,
  ...listProbes,
  ...accessProbes,
  ...serviceProbes,
};

/**
 * Runs every permitted probe. Stops if it is interrupted.
 *
 * @throws {NotAsked} if the authorizing token allows no probe.
 * @throws {Unsafe} if test tokens cannot be told from others.
 */
export async function conform(
  client: ApiClient,
  { interrupted, withRateLimit, onFinding }: ConformanceOptions,
): Promise<Finding[]> {
  await client.open();
  const findings: Finding[] = [];
  for (const id of idsOf(assumptions)) {
    if (interrupted.aborted) break;
    const result = await ask(id, client, withRateLimit);
    if (interrupted.aborted) break;
    const finding = toFinding(id, result);
    findings.push(finding);
    onFinding(finding);
  }
  return findings;
}

function toFinding(id: AssumptionId, result: Found | NotAsked): Finding {
  const assumption: Assumption = assumptions[id];
  if (result instanceof NotAsked) {
    return { id, assumption, verdict: 'not asked', found: result.message, detail: '' };
  }
  const { found, detail } = typeof result === 'string' ? { found: result, detail: '' } : result;
  const verdict =
    found === assumption.assumed ? 'as assumed' : found === assumption.reported ? 'as reported' : 'differs';
  return { id, assumption, verdict, found, detail };
}

async function ask(id: AssumptionId, client: ApiClient, withRateLimit: boolean): Promise<Found | NotAsked> {
  if (id === 'rate-limit-answer' && !withRateLimit) {
    return new NotAsked('it uses up the account’s limit for a minute: --with-rate-limit');
  }
  try {
    // The last probe leaves no requests to clean up with.
    if (id === 'rate-limit-answer') await client.cleanUp();
    return await probes[id](client);
  } catch (error) {
    if (error instanceof NotAsked) return error;
    if (error instanceof Unsafe) throw error;
    // Without stack and message: a failed fetch may contain the URL, and with it a token.
    return new NotAsked(`it could not be asked (${error instanceof Error ? error.name : 'unknown'})`);
  }
}

/** A row of the table, or its head. */
export const HEAD = '| question | assumed | certainty | found | |\n|---|---|---|---|---|';
export function rowOf({ id, assumption, verdict, found, detail }: Finding): string {
  const { question, assumed, certainty } = assumption;
  const cells = [
    question,
    assumed,
    certainty,
    verdict === 'not asked' ? '' : `${found}${detail === '' ? '' : ` (${detail})`}`,
    verdict === 'not asked' ? `not asked: ${found}` : `${verdict} (${id})`,
  ];
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function idsOf(list: typeof assumptions): AssumptionId[] {
  return Object.keys(list).filter((id): id is AssumptionId => id in list);
}
