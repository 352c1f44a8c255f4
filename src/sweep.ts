import { runStep } from './ending.ts';
import { openRuns } from './github/runs.ts';
import { sweepStep } from './sweep-step.ts';
import { realWorld } from './world.ts';

const world = { ...realWorld(process.env), openRuns };
await runStep(world.runner, process, () => sweepStep(world));
