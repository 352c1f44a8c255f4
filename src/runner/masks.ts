import { MIN_TOKEN_LENGTH } from '../secret.ts';

/** Shorter base64 occurs in many texts by chance. */
const MIN_BASE64_LENGTH = 8;

/** A Mapbox token of three parts: the last one, the signature, is secret. */
const SIGNATURE = /^[pst]k\.[\w-]+\.([\w-]+)$/;

/**
 * The texts to mask for a secret. The runner masks line by line, so each of its lines counts on its own: the line, and
 * its base64 as it occurs in the base64 of any text around it, which the runner's own masks miss for two of three
 * lengths. Of a Mapbox token also both halves of its signature: they stay hidden if a command prints only a part of the
 * token, or breaks the lines of its base64.
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
 * Base64 encodes three bytes at a time: the text before shifts it by zero, one or two bytes, and only whole groups do
 * not depend on the text after. In both alphabets, of Basic authentication and of URLs, if they differ.
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
