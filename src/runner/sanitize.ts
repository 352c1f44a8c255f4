import { TOKENS } from '../secret.ts';

/**
 * Makes a text safe for the log: only lines of its own, nothing that the runner would take for a command or a terminal
 * for a control, and no secret.
 *
 * The runner takes `::command::` at the start of a line, after any white space, and the old `##[command]` anywhere in one
 * [actions/runner, src/Runner.Common/ActionCommand.cs].
 *
 * @param secrets hidden as well as whatever looks like a token.
 */
export function sanitize(text: string, secrets: Iterable<string> = []): string {
  let clean = text;
  // A secret may contain another, whose removal would leave the rest readable.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length))
    clean = clean.replaceAll(secret, '***');
  return clean
    .replace(TOKENS, '***')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, match => (/^[\r\n]+$/.test(match) ? '\n' : ' '))
    .replace(/##\[/g, '## [')
    .replace(/^(\s*)::/gm, '$1: :');
}
