/** A shorter text cannot be a token, and hiding it would make every log unreadable. */
export const MIN_TOKEN_LENGTH = 8;

/** Shorter base64 stands in many texts by chance. */
const MIN_BASE64_LENGTH = 8;

/**
 * The texts to mask for a secret: each of its lines, since a log is hidden line by line, and each line's base64 as it
 * appears in the base64 of any text around it, which the runner's own masks leave readable for two of three lengths.
 *
 * @param minLength lines that are shorter are not masked; at least 1.
 */
export function maskTexts(secret: string, minLength: number): string[] {
  const lines = secret
    .split(/[\r\n]/)
    .map(line => line.trim())
    .filter(line => line.length >= minLength);
  return [...new Set(lines.flatMap(line => [line, ...base64Forms(line)]))];
}

/**
 * Base64 encodes three bytes at a time, so what precedes a text shifts it by no, one or two bytes, and only whole groups
 * are the same whatever follows. Both alphabets, where they differ: those of Basic authentication and of URLs.
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
