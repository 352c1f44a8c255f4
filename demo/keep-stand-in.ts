/** Starts the stand-ins in a process that outlives this step; the post step ends it. Needs no shell: Alpine has no bash. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const {
  STATE_pid: started,
  GITHUB_STATE: state = '',
  GITHUB_OUTPUT: output = '',
  INPUT_OPTIONS = '',
} = process.env;

if (started === undefined) await start();
else process.kill(Number(started), 'SIGTERM');

async function start(): Promise<void> {
  const program = join(import.meta.dirname, 'stand-in.ts');
  const child = spawn(process.execPath, [program, ...INPUT_OPTIONS.split(' ').filter(Boolean)], {
    detached: true,
    // Not inherited from this step: the runner would wait for any process that holds them open.
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [])]);
  if (typeof line !== 'string') throw new Error('The stand-ins did not start.');
  const outputs: Record<string, string> = JSON.parse(line);
  for (const [name, value] of Object.entries(outputs)) {
    if (name.endsWith('-token')) console.log(`::add-mask::${value}`);
    appendFileSync(output, `${name}=${value}\n`);
  }
  appendFileSync(state, `pid=${child.pid}\n`);
  child.unref();
  // The pipes from the child would keep this process alive.
  process.exit();
}
