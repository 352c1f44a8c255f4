import { postStep } from './cleanup/step.ts';
import { realWorld } from './live-context.ts';
import { runStep } from './runtime/run-step.ts';

const world = realWorld(process.env);
await runStep(world.runner, process, postStep(world));
