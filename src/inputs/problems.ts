import { Failure, type Title, titles } from '../errors/action-error.ts';

/** Something wrong with an input. */
export interface Fault {
  readonly title: Title;
  readonly text: string;
}

/** The one failure that tells every fault. */
export function failureOf(faults: readonly Fault[]): Failure {
  const [only, ...others] = faults;
  if (only !== undefined && others.length === 0) return new Failure(only.title, only.text);
  return new Failure(titles.badInputs, faults.map(({ text }) => `- ${text}`).join('\n'));
}
