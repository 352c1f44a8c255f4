/** An untrusted certificate authority, and a certificate it issued for servers on loopback. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface Authority extends Disposable {
  /** The file for NODE_EXTRA_CA_CERTS. */
  readonly ca: string;
  readonly tls: { readonly key: string; readonly cert: string };
}

export async function createAuthority(): Promise<Authority> {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'));
  const ca = join(folder, 'ca.pem');
  const authority = await generate([{ name: 'commonName', value: 'Octo authority' }], {
    extensions: [{ name: 'basicConstraints', cA: true }],
  });
  writeFileSync(ca, authority.cert);
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return {
    ca,
    tls: { key: server.private, cert: server.cert },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
