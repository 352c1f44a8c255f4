/** Programs and starters for the tests of how a running step is ended. */
import { type ActionRunOptions, type StartedAction, startAction } from './step.ts';
import { type StartedWorkflow, startWorkflow, type WorkflowOptions } from './workflow.ts';

/** Says `ready`, then what signals it gets, and never ends by itself. */
export const DEAF = `for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => console.log(signal));
setInterval(() => {}, 1000);
console.log('ready');`;

/** Ends at the first signal, or when it has been let alone for this long. */
export const listens = (
  milliseconds = 30_000,
) => `process.on('SIGINT', () => { console.log('SIGINT'); process.exit(130); });
setTimeout(() => { console.log('let alone'); process.exit(); }, ${milliseconds});
console.log('ready');`;

/** Starts an action, and does something to it when its log shows `ready`. */
export function whenReady(options: ActionRunOptions, act: (started: StartedAction) => void) {
  const started = startAction({ ...options, onLine: line => line === 'ready' && act(started) });
  return started.done;
}

export function whenWorkflowReady(options: WorkflowOptions, act: (started: StartedWorkflow) => void) {
  const started = startWorkflow({ ...options, onLine: line => line.trim() === 'ready' && act(started) });
  return started.done;
}
