import { TOKENS } from '../secret.ts';

/**
 * Makes a text safe to stand in the log: on lines of its own making only, without anything that the runner
 * would take for a command or a terminal for a control, and without any token.
 *
 * The runner takes `::command::` at the start of a line and the old `##[command]` anywhere in one
 * [actions/runner, src/Runner.Common/ActionCommand.cs].
 */
export function sanitize(text: string, secrets: Iterable<string> = []): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, '***');
  return clean
    .replace(TOKENS, '***')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, match =>
      /^[\r\n]+$/.test(match) ? '\n' : ' ',
    )
    .replace(/##\[/g, '## [')
    .replace(/^(\s*)::/gm, '$1: :');
}
