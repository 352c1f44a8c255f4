import { reachGithub } from './github/runs.ts';
import { realWorld } from './live-context.ts';
import { runStep } from './runtime/run-step.ts';
import { sweepStep } from './sweep/step.ts';

const world = { ...realWorld(process.env), reachGithub };
await runStep(world.runner, process, { run: () => sweepStep(world) });
