import { liveContext } from './live-context.ts';
import { mainStep } from './mint/step.ts';
import { runStep } from './runtime/run-step.ts';

const context = liveContext(process.env);
await runStep(context.runner, process, { run: () => mainStep(context) });
