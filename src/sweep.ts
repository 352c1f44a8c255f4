import './runtime/startup.ts';
import { liveContext } from './live-context.ts';
import { runStep } from './runtime/run-step.ts';
import { sweepStep } from './sweep/step.ts';

const context = liveContext(process.env);
await runStep(context, process, { run: () => sweepStep(context) });
