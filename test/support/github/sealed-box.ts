/** The boxes of secrets for GitHub, opened by libsodium, which GitHub's documentation names. */
import sodium from 'libsodium-wrappers';

await sodium.ready;

export interface KeyPair {
  /** GitHub's key ID has more digits than a JavaScript number. */
  readonly id: string;
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

let keys = 0n;

export function createKeyPair(): KeyPair {
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  keys += 1n;
  return { id: String(568_250_167_242_549_743n + keys), publicKey, privateKey };
}

export function publicKeyText({ publicKey }: KeyPair): string {
  return Buffer.from(publicKey).toString('base64');
}

/** The text in a Base64 box; `undefined` if it is not a box for this key, or not a text. */
export function openSealedBox(box: string, { publicKey, privateKey }: KeyPair): string | undefined {
  try {
    const bytes = sodium.crypto_box_seal_open(Buffer.from(box, 'base64'), publicKey, privateKey);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Seals a text for a public key in Base64. */
export function sealBox(value: string, publicKey: string): string {
  const key = new Uint8Array(Buffer.from(publicKey, 'base64'));
  return Buffer.from(sodium.crypto_box_seal(value, key)).toString('base64');
}
