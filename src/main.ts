import { realWorld } from './live-context.ts';
import { mainStep } from './mint/step.ts';
import { runStep } from './runtime/run-step.ts';

const world = realWorld(process.env);
await runStep(world.runner, process, { run: () => mainStep(world) });
