import { accessSync, constants, statSync } from 'node:fs';
import { env } from 'node:process';
import type { ExtraCaProblem } from './response.ts';

/**
 * The problem with the file that NODE_EXTRA_CA_CERTS names; `undefined` if there is none, if the variable is not set,
 * or if this Node cannot tell (before 22.15).
 *
 * @param file the variable's value when Node started.
 * @param countLoaded returns how many certificates Node loaded from it.
 */
export async function findExtraCaProblem(
  file = env['NODE_EXTRA_CA_CERTS'],
  countLoaded: () => Promise<number | undefined> = countExtraCertificates,
): Promise<ExtraCaProblem | undefined> {
  if (!file) return undefined;
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return 'missing';
  if (stats.isDirectory()) return 'directory';
  try {
    accessSync(file, constants.R_OK);
  } catch {
    return 'unreadable';
  }
  return (await countLoaded()) === 0 ? 'no-certificate' : undefined;
}

async function countExtraCertificates(): Promise<number | undefined> {
  // Already loaded at this point, since a certificate was rejected. A static import would cost a step without TLS 5 ms.
  const tls = await import('node:tls');
  return 'getCACertificates' in tls ? tls.getCACertificates('extra').length : undefined;
}
