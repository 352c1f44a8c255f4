import sodium from 'libsodium-wrappers';
import { expect, it } from 'vitest';
import { sealBox } from '../../../src/rotate/sealed-box.ts';
import { Secret } from '../../../src/secret.ts';
import fc from '../../support/random.ts';

await sodium.ready;

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });

it('seals boxes that libsodium opens', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), bytes, bytes, (text, seed, random) => {
      const { publicKey, privateKey } = sodium.crypto_box_seed_keypair(seed);
      const box = Buffer.from(sealBox(new Secret(text), publicKey, random), 'base64');
      const opened = sodium.crypto_box_seal_open(new Uint8Array(box), publicKey, privateKey);
      expect(Buffer.from(opened).equals(Buffer.from(text))).toBe(true);
    }),
  );
});

it('seals the same bytes as libsodium with the same ephemeral key', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 500 }), bytes, bytes, (text, seed, random) => {
      const { publicKey } = sodium.crypto_box_seed_keypair(seed);
      const ephemeral = sodium.crypto_scalarmult_base(random);
      const nonce = sodium.crypto_generichash(24, Buffer.concat([ephemeral, publicKey]), null);
      const box = sodium.crypto_box_easy(text, nonce, publicKey, random);
      expect(sealBox(new Secret(text), publicKey, random)).toBe(
        Buffer.concat([ephemeral, box]).toString('base64'),
      );
    }),
  );
});

it('seals no two boxes alike', () => {
  const { publicKey } = sodium.crypto_box_keypair();
  const seal = (byte: number) => sealBox(new Secret('x'), publicKey, new Uint8Array(32).fill(byte));
  expect(seal(1)).not.toBe(seal(2));
});

it('rejects a key that would make every box readable', () => {
  expect(() => sealBox(new Secret('x'), new Uint8Array(32), new Uint8Array(32).fill(1))).toThrow();
});
