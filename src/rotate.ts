import './runtime/startup.ts';
import { liveContext } from './live-context.ts';
import { rotateStep } from './rotate/step.ts';
import { runStep, STOP_LIMIT_MS } from './runtime/run-step.ts';

const context = liveContext(process.env);
await runStep(context, process, { run: signal => rotateStep(context, signal), stopLimitMs: STOP_LIMIT_MS });
