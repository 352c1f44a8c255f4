/** `${{ }}`, by GitHub's own evaluator. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

/** The contexts of expressions: `github`, `secrets`, `steps` and so on, as plain values. */
export type Contexts = Readonly<Record<string, unknown>>;

export type Texts = Readonly<Record<string, string>>;

/** The outcome of the previous steps, for `success()` and similar functions. */
export interface Status {
  readonly failed: boolean;
  readonly cancelled: boolean;
}

const FINE: Status = { failed: false, cancelled: false };

/**
 * Evaluates the expressions in a text.
 *
 * @throws {Error} if an expression is malformed, uses a missing context, or cannot be evaluated.
 */
export function fill(text: string, contexts: Contexts, status = FINE): string {
  return text.replace(EXPRESSION, (_, expression: string) =>
    evaluate(expression.trim(), contexts, status).coerceString(),
  );
}

/** Evaluates the expressions in a mapping's values. Throws as `fill` does. */
export function fillAll(
  values: Readonly<Record<string, unknown>> | undefined,
  contexts: Contexts,
  status = FINE,
): Texts {
  return Object.fromEntries(
    Object.entries(values ?? {}).map(([name, value]) => [name, fill(String(value ?? ''), contexts, status)]),
  );
}

/**
 * Parses the expressions in a text without evaluating them.
 *
 * @throws {Error} if one is malformed or uses a context that is not in `known`.
 */
export function checkExpressions(text: string, known: readonly string[]): void {
  for (const [, expression = ''] of text.matchAll(EXPRESSION)) {
    const { tokens } = new Lexer(expression.trim()).lex();
    new Parser(tokens, [...known], functionsOf({}, FINE)).parse();
  }
}

/** Whether a step with this `if` runs. Without a status function, only after success. */
export function holds(condition: string | undefined, contexts: Contexts, status: Status): boolean {
  const bare = (condition ?? '').replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1').trim();
  const asks = /\b(?:success|failure|cancelled|always)\s*\(/.test(bare);
  const whole = asks ? bare : bare === '' ? 'success()' : `success() && (${bare})`;
  return isTruthy(evaluate(whole, contexts, status));
}

const EXPRESSION = /\$\{\{(.*?)\}\}/gs;

function isTruthy(value: data.ExpressionData): boolean {
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

function evaluate(expression: string, contexts: Contexts, status: Status): data.ExpressionData {
  const functions = functionsOf(contexts, status);
  const { tokens } = new Lexer(expression).lex();
  const tree = new Parser(tokens, Object.keys(contexts), functions).parse();
  const context: unknown = JSON.parse(JSON.stringify(contexts), data.reviver);
  if (!(context instanceof data.Dictionary)) throw new TypeError('contexts have to be an object');
  return new Evaluator(tree, context, new Map(functions.map(f => [f.name.toLowerCase(), f]))).evaluate();
}

/** The functions that GitHub's evaluator leaves to the runner. */
function functionsOf(contexts: Contexts, { failed, cancelled }: Status) {
  const statusFunction = (name: string, value: boolean) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: (): data.ExpressionData => new data.BooleanData(value),
  });
  return [
    statusFunction('success', !failed && !cancelled),
    statusFunction('failure', failed && !cancelled),
    statusFunction('cancelled', cancelled),
    statusFunction('always', true),
    {
      name: 'hashFiles',
      minArgs: 1,
      maxArgs: 255,
      call: (...patterns: data.ExpressionData[]): data.ExpressionData =>
        new data.StringData(
          hashFiles(
            workspaceOf(contexts),
            patterns.map(pattern => pattern.coerceString()),
          ),
        ),
    },
  ];
}

function workspaceOf({ github }: Contexts): string {
  if (typeof github === 'object' && github !== null && 'workspace' in github) return String(github.workspace);
  throw new Error('hashFiles() needs github.workspace');
}

/** The hash of the matching files' hashes; empty if none match [HashFilesFunction.cs]. */
function hashFiles(workspace: string, patterns: readonly string[]): string {
  const files = globSync([...patterns], { cwd: workspace, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
  if (files.length === 0) return '';
  const all = createHash('sha256');
  for (const file of files) all.update(createHash('sha256').update(readFileSync(file)).digest());
  return all.digest('hex');
}
