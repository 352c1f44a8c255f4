/** Programs and starters for tests that end a running step. */
import { type ActionRunOptions, type StartedAction, startAction } from './step.ts';
import { type StartedWorkflow, startWorkflow, type WorkflowOptions } from './workflow.ts';

/** Prints `ready`, then its signals, and never ends by itself. */
export const DEAF = `for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => console.log(signal));
setInterval(() => {}, 1000);
console.log('ready');`;

/** Ends at the first signal, or after this time without one. */
export const listens = (
  milliseconds = 30_000,
) => `process.on('SIGINT', () => { console.log('SIGINT'); process.exit(130); });
setTimeout(() => { console.log('let alone'); process.exit(); }, ${milliseconds});
console.log('ready');`;

/** Starts an action, and acts on it when its log shows `ready`. */
export function whenReady(options: ActionRunOptions, act: (started: StartedAction) => void) {
  const started = startAction({ ...options, onLine: line => line === 'ready' && act(started) });
  return started.done;
}

export function whenWorkflowReady(options: WorkflowOptions, act: (started: StartedWorkflow) => void) {
  const started = startWorkflow({ ...options, onLine: line => line.trim() === 'ready' && act(started) });
  return started.done;
}
