import { errorTitles } from '../action-error.ts';
import { extractTokens } from '../secret.ts';
import type { InputProblems } from './problems.ts';

/** Parses the `note` input; the workflow's name where it is empty. */
export function parseNote(input: string, workflow: string, problems: InputProblems): string {
  const note = input.trim();
  const [text, source] =
    note === ''
      ? [workflow.trim(), "The workflow's name, which is the default of `note`,"]
      : [note, '`note`'];
  if (extractTokens(text).length > 0) {
    problems.add(
      errorTitles.invalidInput,
      `${source} has a token in it. Anyone who can list the account's tokens reads notes.`,
    );
  }
  return text;
}
