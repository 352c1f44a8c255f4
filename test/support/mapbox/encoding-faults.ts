/** Valid responses in an unusual form, which a client should be able to read. */

import type { Fault } from './faults.ts';

export const encodingFaults = {
  'compressed if the request allows it': { kind: 'gzip' },
  'with a byte order mark': { kind: 'bom' },
  'with header names in capitals': { kind: 'capitals' },
  'after 100 Continue': { kind: 'informational', statuses: [100] },
  'after 102 Processing': { kind: 'informational', statuses: [102] },
  'after 103 Early Hints': { kind: 'informational', statuses: [103] },
  'after several interim responses': { kind: 'informational', statuses: [100, 102, 103, 100] },
} as const satisfies Readonly<Record<string, Fault>>;

/** Compressed even if the request forbids it. */
export const compressedAnyway: Fault = { kind: 'gzip', always: true };
