import { runStep } from './ending.ts';
import { postStep } from './post-step.ts';
import { realWorld } from './world.ts';

const world = realWorld(process.env);
await runStep(world.runner, process, postStep(world));
