import { runStep } from './ending.ts';
import { mainStep } from './main-step.ts';
import { realWorld } from './world.ts';

const world = realWorld(process.env);
await runStep(world.runner, process, { run: () => mainStep(world) });
