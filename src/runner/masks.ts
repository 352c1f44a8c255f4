import { MIN_TOKEN_LENGTH } from '../secret.ts';

/** Shorter base64 occurs in ordinary text by chance. */
const MIN_BASE64_LENGTH = 8;

/** A Mapbox token; captures its third part, the signature, which is secret. */
const SIGNATURE = /^[pst]k\.[\w-]+\.([\w-]+)$/;

/**
 * The texts to mask for a secret. The runner masks line by line, so each line of the secret is masked separately. Its
 * base64 within a longer text has three possible alignments, two of which the runner's own masks miss, so all three are
 * masked. For a Mapbox token, both halves of its signature are masked too, so that they stay hidden if a command prints
 * only part of the token or wraps its base64.
 *
 * @param minLength shorter lines are not masked; at least 1.
 */
export function maskTexts(secret: string, minLength: number): string[] {
  const lines = secret
    .split(/[\r\n]/)
    .map(line => line.trim())
    .filter(line => line.length >= minLength);
  const texts = lines.flatMap(line => [line, ...signatureHalves(line)]);
  return [...new Set(texts.flatMap(text => [text, ...base64Forms(text)]))];
}

function signatureHalves(text: string): string[] {
  const [, signature = ''] = SIGNATURE.exec(text) ?? [];
  const middle = Math.ceil(signature.length / 2);
  return [signature.slice(0, middle), signature.slice(middle)].filter(
    half => half.length >= MIN_TOKEN_LENGTH,
  );
}

/**
 * Base64 encodes three bytes at a time. Preceding text shifts the groups by zero, one or two bytes, and only whole
 * groups are independent of the text that follows. Includes both alphabets, the standard one and the one for URLs.
 */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  const forms = [0, 1, 2].flatMap(shift => {
    const end = bytes.length - ((bytes.length - shift) % 3);
    const groups = bytes.subarray(shift, end);
    return [groups.toString('base64'), groups.toString('base64url')];
  });
  return forms.filter(form => form.length >= MIN_BASE64_LENGTH);
}
