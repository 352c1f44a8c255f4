/** `${{ }}`, by GitHub's own evaluator. */
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

/** What expressions can see: `github`, `secrets`, `steps` and so on, as plain values. */
export type Contexts = Readonly<Record<string, unknown>>;

/** How the steps before this one went, which `success()` and its like tell. */
export interface Status {
  readonly failed: boolean;
  readonly cancelled: boolean;
}

const FINE: Status = { failed: false, cancelled: false };

/** A text with its expressions put in. */
export function fill(text: string, contexts: Contexts, status = FINE): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
    evaluate(expression.trim(), contexts, status).coerceString(),
  );
}

/** Whether a step with this `if` runs. Without a word on the status, only after success. */
export function holds(condition: string | undefined, contexts: Contexts, status: Status): boolean {
  const bare = (condition ?? '').replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1').trim();
  const asks = /\b(?:success|failure|cancelled|always)\s*\(/.test(bare);
  const whole = asks ? bare : bare === '' ? 'success()' : `success() && (${bare})`;
  return truthy(evaluate(whole, contexts, status));
}

function truthy(value: data.ExpressionData): boolean {
  switch (value.kind) {
    case data.Kind.Boolean:
      return value.value;
    case data.Kind.Number:
      return value.value !== 0;
    case data.Kind.String:
      return value.value !== '';
    case data.Kind.Null:
      return false;
    default:
      return true;
  }
}

function evaluate(
  expression: string,
  contexts: Contexts,
  { failed, cancelled }: Status,
): data.ExpressionData {
  const say = (name: string, value: boolean) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  });
  const functions = [
    say('success', !failed && !cancelled),
    say('failure', failed && !cancelled),
    say('cancelled', cancelled),
    say('always', true),
  ];
  const { tokens } = new Lexer(expression).lex();
  const tree = new Parser(tokens, Object.keys(contexts), functions).parse();
  const context: unknown = JSON.parse(JSON.stringify(contexts), data.reviver);
  if (!(context instanceof data.Dictionary)) throw new TypeError('contexts have to be an object');
  return new Evaluator(tree, context, new Map(functions.map(f => [f.name, f]))).evaluate();
}
