import './runtime/startup-errors.ts';
import { liveContext } from './live-context.ts';
import { rotateStep } from './rotate/step.ts';
import { runStep } from './runtime/run-step.ts';

const context = liveContext(process.env);
await runStep(context, process, { run: signal => rotateStep(context, signal), stopsOnInterrupt: true });
