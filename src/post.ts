import './runtime/startup.ts';
import { postStep } from './cleanup/step.ts';
import { liveContext } from './live-context.ts';
import { runStep } from './runtime/run-step.ts';

const context = liveContext(process.env);
await runStep(context, process, postStep(context));
