import { TOKENS } from '../secret.ts';

/**
 * Makes a text safe for the log: no secrets, no commands for the runner, no control characters for a terminal.
 *
 * The runner reads `::command::` at the start of a line, after any white space, and the old `##[command]` anywhere in a
 * line [actions/runner, src/Runner.Common/ActionCommand.cs].
 *
 * @param secrets texts to hide, in addition to everything that looks like a token.
 */
export function sanitize(text: string, secrets: Iterable<string> = []): string {
  let clean = text;
  // Longest first: if one secret contains another, removing the shorter one first would leave parts of the longer one
  // readable.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length))
    clean = clean.replaceAll(secret, '***');
  return clean
    .replace(TOKENS, '***')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, match => (/^[\r\n]+$/.test(match) ? '\n' : ' '))
    .replace(/##\[/g, '## [')
    .replace(/^(\s*)::/gm, '$1: :');
}
