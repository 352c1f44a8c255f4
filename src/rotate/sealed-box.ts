/**
 * libsodium's sealed box, the format in which GitHub accepts secrets [GitHub, Encrypting secrets for the REST API;
 * libsodium, `crypto_box_seal`]: an X25519 key pair used once, a nonce that is the BLAKE2b hash of both public keys,
 * and XSalsa20-Poly1305.
 */
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { blake2b } from '@noble/hashes/blake2.js';
import type { Secret } from '../secret.ts';

const KEY_BYTES = 32;

/** The PKCS #8 prefix of the 32 bytes of an X25519 private key [RFC 8410]. */
const PRIVATE_KEY_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');

/**
 * Encrypts a text to a public key.
 *
 * @param publicKey 32 bytes.
 * @param random 32 unpredictable bytes, never used twice.
 * @returns the box in Base64, as GitHub expects it.
 * @throws {Error} if the public key is not a usable point on the curve.
 */
export function sealBox(text: Secret, publicKey: Uint8Array, random: Uint8Array): string {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PRIVATE_KEY_HEAD, random]),
    format: 'der',
    type: 'pkcs8',
  });
  const ephemeralKey = rawPublicKey(privateKey);
  const shared = diffieHellman({ privateKey, publicKey: toPublicKey(publicKey) });
  const nonce = blake2b(Buffer.concat([ephemeralKey, publicKey]), { dkLen: 24 });
  const box = xsalsa20poly1305(boxKey(shared), nonce).encrypt(Buffer.from(text.reveal()));
  return Buffer.concat([ephemeralKey, box]).toString('base64');
}

function toPublicKey(bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

function rawPublicKey(privateKey: KeyObject): Buffer {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
}

/** `crypto_box_beforenm`: HSalsa20 of the shared secret with a nonce of zeros. */
function boxKey(shared: Uint8Array): Uint8Array {
  const out = new Uint32Array(8);
  hsalsa(words(new TextEncoder().encode('expand 32-byte k')), words(shared), new Uint32Array(4), out);
  const key = new DataView(new ArrayBuffer(KEY_BYTES));
  out.forEach((word, at) => void key.setUint32(at * 4, word, true));
  return new Uint8Array(key.buffer);
}

/** Little-endian words. */
function words(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(at * 4, true));
}
