/** GitHub's own parser accepts the actions' metadata and every workflow that users may copy. */
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

describe("GitHub's parser accepts", () => {
  it.each(find('{.,*,.github/actions/*,test/e2e/actions/*}/action.yml'))('%s', name => {
    const { context } = parseAction(read(name), new NoOperationTraceWriter());
    expect(context.errors.getErrors().map(String)).toEqual([]);
  });

  const workflows = find('{.github/workflows,examples,test/**}/*.{yml,yaml}');
  it.each(workflows.filter(name => !name.endsWith('/action.yml')))('%s', async name => {
    const { context, value } = parseWorkflow(read(name), new NoOperationTraceWriter());
    // Without the conversion, an invalid `if` or an unknown job in `needs` would pass.
    if (value !== undefined) await convertWorkflowTemplate(context, value);
    expect(context.errors.getErrors().map(String)).toEqual([]);
  });
});

describe('action.yml', () => {
  const action = parse(read('action.yml').content);

  it('has the action’s inputs, in its order', () => {
    expect(Object.keys(action.inputs)).toEqual([...inputNames]);
  });

  it('has the action’s outputs, in its order', () => {
    expect(Object.keys(action.outputs)).toEqual([...outputNames]);
  });

  it('names existing bundles', () => {
    expect(find('dist/*.js')).toEqual(expect.arrayContaining([action.runs.main, action.runs.post]));
  });
});
