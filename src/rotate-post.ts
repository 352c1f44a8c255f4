import './runtime/startup-errors.ts';
import { liveContext } from './live-context.ts';
import { rotatePostStep } from './rotate/post-step.ts';
import { runStep } from './runtime/run-step.ts';

const context = liveContext(process.env);
await runStep(context, process, rotatePostStep(context));
