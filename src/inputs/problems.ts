import { ActionError, errorTitles, type Title } from '../errors/action-error.ts';

/** Something wrong with an input. */
export interface InputProblem {
  readonly title: Title;
  readonly message: string;
}

/** The one failure that tells every fault. */
export function failureOf(problems: readonly InputProblem[]): ActionError {
  const [only, ...others] = problems;
  if (only !== undefined && others.length === 0) return new ActionError(only.title, only.message);
  return new ActionError(errorTitles.invalidInputs, problems.map(({ message }) => `- ${message}`).join('\n'));
}
