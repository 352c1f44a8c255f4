import './runtime/startup.ts';
import { liveContext } from './live-context.ts';
import { mainStep } from './mint/step.ts';
import { runStep, STOP_LIMIT_MS } from './runtime/run-step.ts';

const context = liveContext(process.env);
await runStep(context, process, { run: signal => mainStep(context, signal), stopLimitMs: STOP_LIMIT_MS });
