/** GitHub's own parser reads what we hand to GitHub: the actions' metadata, and every workflow that people may copy. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAction } from '@actions/workflow-parser/actions/action-parser';
import { convertWorkflowTemplate } from '@actions/workflow-parser/model/convert';
import { NoOperationTraceWriter } from '@actions/workflow-parser/templates/trace-writer';
import { parseWorkflow } from '@actions/workflow-parser/workflows/workflow-parser';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { inputNames } from '../../src/inputs/main-inputs.ts';
import { outputNames } from '../../src/mint/outputs.ts';

const root = join(import.meta.dirname, '..', '..');
const find = (pattern: string) => globSync(pattern, { cwd: root, exclude: ['node_modules/**'] }).sort();
const read = (name: string) => ({ name, content: readFileSync(join(root, name), 'utf8') });

describe("GitHub's parser has nothing to say about", () => {
  it.each(find('{.,*,.github/actions/*,test/e2e/actions/*}/action.yml'))('%s', name => {
    const { context } = parseAction(read(name), new NoOperationTraceWriter());
    expect(context.errors.getErrors().map(String)).toEqual([]);
  });

  const workflows = find('{.github/workflows,examples,test/**}/*.{yml,yaml}');
  it.each(workflows.filter(name => !name.endsWith('/action.yml')))('%s', async name => {
    const { context, value } = parseWorkflow(read(name), new NoOperationTraceWriter());
    // Without the conversion, a broken `if` or a job that needs an unknown one would pass.
    if (value !== undefined) await convertWorkflowTemplate(context, value);
    expect(context.errors.getErrors().map(String)).toEqual([]);
  });
});

describe('action.yml', () => {
  const action = parse(read('action.yml').content);

  it('has the inputs that the action reads, in its order', () => {
    expect(Object.keys(action.inputs)).toEqual([...inputNames]);
  });

  it('has the outputs that the action sets, in its order', () => {
    expect(Object.keys(action.outputs)).toEqual([...outputNames]);
  });

  it('names bundles that are there', () => {
    expect(find('dist/*.js')).toEqual(expect.arrayContaining([action.runs.main, action.runs.post]));
  });
});
