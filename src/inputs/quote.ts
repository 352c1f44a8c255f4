import { extractTokens } from '../secret.ts';

/**
 * What a message shows of an input: as code, cut after `length` characters, and nothing of it where there is a token in
 * it, whole or in part.
 */
export function quoteInput(text: string, length = 40): string {
  if (extractTokens(text).length > 0) return 'a token';
  const characters = [...text];
  return `\`${characters.length > length ? `${characters.slice(0, length).join('')}…` : text}\``;
}
