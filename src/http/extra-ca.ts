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
  try {
    if (statSync(file).isDirectory()) return 'directory';
    accessSync(file, constants.R_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return NO_SUCH_FILE.test(code) ? 'missing' : 'unreadable';
  }
  return (await countLoaded().catch(() => undefined)) === 0 ? 'no-certificate' : undefined;
}

/** The codes for a path that leads to no file. A certificate instead of a path is too long for a name. */
const NO_SUCH_FILE = /^(?:ENOENT|ENOTDIR|ELOOP|ENAMETOOLONG)$/;

async function countExtraCertificates(): Promise<number | undefined> {
  // Already loaded at this point, since a certificate was rejected. A static import would cost a step without TLS 5 ms.
  const tls = await import('node:tls');
  return 'getCACertificates' in tls ? tls.getCACertificates('extra').length : undefined;
}
