import { runStep } from './ending.ts';
import { reachGithub } from './github/runs.ts';
import { sweepStep } from './sweep/step.ts';
import { realWorld } from './world.ts';

const world = { ...realWorld(process.env), reachGithub };
await runStep(world.runner, process, { run: () => sweepStep(world) });
