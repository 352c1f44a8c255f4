import './runtime/startup-errors.ts';
import { liveContext } from './live-context.ts';
import { mainStep } from './mint/step.ts';
import { runStep } from './runtime/run-step.ts';

const context = liveContext(process.env);
await runStep(context, process, { run: signal => mainStep(context, signal), stopsOnInterrupt: true });
