/** How the processes of the shipped bundle end: in time, and with the whole log written if something reads it. */
import { type ChildProcess, type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ACTION, preload, type Setting, setUp } from '../support/bundle.ts';
import { inputVariables, readNodeAction, resolveInputs } from '../support/runner/action-file.ts';
import { githubOf, NO_MATRIX } from '../support/runner/github.ts';
import { type Machine, newMachine } from '../support/runner/machine.ts';
import { startAction } from '../support/runner/step.ts';

const action = readNodeAction(ACTION);

/** Killed when it is disposed of, in case it hangs. */
type Main = ChildProcessByStdio<null, Readable, null> & Disposable;

/** Starts a main step whose output the test reads, or leaves unread. */
function startMain(
  machine: Machine,
  inputs: Record<string, string>,
  { nodeArgs = [], wrapper = [] }: { nodeArgs?: string[]; wrapper?: string[] } = {},
): Main {
  const github = githubOf();
  const contexts = { ...machine.contexts(github), strategy: NO_MATRIX };
  const values = inputVariables(resolveInputs(action, inputs, contexts).values);
  // A shell drops variables with hyphens.
  const env = wrapper.length === 0 ? [] : ['env', ...Object.entries(values).map(pair => pair.join('='))];
  const [command = '', ...args] = [...wrapper, ...env, process.execPath, ...nodeArgs, action.main];
  const child = spawn(command, args, {
    cwd: machine.workspace,
    env: {
      ...machine.ownEnvironment(process.execPath),
      ...values,
      ...machine.runnerVariables(github, false),
      GITHUB_OUTPUT: machine.newFile('output'),
      GITHUB_STATE: machine.newFile('state'),
      GITHUB_ENV: machine.newFile('env'),
      GITHUB_STEP_SUMMARY: machine.newFile('summary'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return Object.assign(child, { [Symbol.dispose]: () => void child.kill('SIGKILL') });
}

/** Waits until the unread output of a process contains a text. */
async function printed(child: Main, text: string): Promise<void> {
  let log = '';
  child.stdout.setEncoding('utf8');
  while (!log.includes(text)) {
    log += child.stdout.read() ?? '';
    if (!log.includes(text)) await once(child.stdout, 'readable');
  }
}

async function end(child: ChildProcess): Promise<{ code: number | null; signal: string | null; ms: number }> {
  const start = performance.now();
  const [code, signal] = await once(child, 'exit');
  return { code, signal, ms: performance.now() - start };
}

describe('after 500 kB in the log', { concurrent: true }, () => {
  const talkative = preload(`process.stdout.write('x'.repeat(500_000) + '\\n')`);
  const invalid = { 'authorizing-token': 'no token at all', scopes: '' };

  it('the error reaches a reader that starts late', async () => {
    using machine = newMachine();
    using child = startMain(machine, invalid, { nodeArgs: talkative });
    const ended = end(child);
    await wait(1_500);
    const log = Buffer.concat(await child.stdout.toArray()).toString();

    expect(log.length).toBeGreaterThan(500_000);
    expect(log).toMatch(/^::error title=Invalid inputs::/m);
    expect(await ended).toMatchObject({ code: 1, signal: null });
  });

  it.skipIf(process.platform === 'win32')(
    'the error reaches a reader that is slow, through a pipe',
    async () => {
      using machine = newMachine();
      const slow = `let n = 0; process.stdin.on('data', d => { n += d.length; process.stdin.pause(); setTimeout(() => process.stdin.resume(), 100); process.stdout.write(d); })`;
      const wrapper = ['bash', '-c', `"$@" | "$0" -e ${JSON.stringify(slow)}`, process.execPath];
      using child = startMain(machine, invalid, { nodeArgs: talkative, wrapper });
      const log = Buffer.concat(await child.stdout.toArray()).toString();

      expect(log.length).toBeGreaterThan(500_000);
      expect(log).toMatch(/^::error title=Invalid inputs::/m);
    },
  );

  it('a reader that never reads is not waited for', async () => {
    using machine = newMachine();
    using child = startMain(machine, invalid, { nodeArgs: talkative });
    const { code, signal, ms } = await end(child);

    expect([code, signal]).toEqual([1, null]);
    expect(ms).toBeGreaterThan(4_500);
    expect(ms).toBeLessThan(20_000);
  });
});

describe('with no reader left for the log', () => {
  const failsTwice = (method: string) => {
    let failures = 0;
    return (request: { method: string }) =>
      request.method === method && failures++ < 2
        ? ({ kind: 'status', status: 503, processed: false } as const)
        : undefined;
  };

  it('the post step deletes the token', async () => {
    await using setting: Setting = await setUp({ fault: failsTwice('DELETE') });
    const started = startAction({
      action: ACTION,
      inputs: setting.inputs,
      // Only the post step logs such a line.
      onLine: line => line.includes('Retrying') && started.crash(),
    });
    const { post } = await started.done;

    expect([post.exitCode, post.signal]).toEqual([0, null]);
    expect(setting.mapbox.requests.map(({ method }) => method)).toEqual([
      'POST',
      'DELETE',
      'DELETE',
      'DELETE',
    ]);
    expect(setting.created()).toEqual([]);
  });

  it.each(['POST', 'none'])('the main step continues, and keeps its state (%s fails)', async method => {
    await using setting = await setUp({ fault: failsTwice(method) });
    const started = startAction({
      action: ACTION,
      inputs: setting.inputs,
      onStart: () => started.crash(),
    });
    const { main } = await started.done;

    const [token] = setting.created();
    expect([main.exitCode, main.signal, main.stderr]).toEqual([0, null, '']);
    expect(main.files['GITHUB_STATE']).toContain(token?.id);
    expect(main.files['GITHUB_OUTPUT']).toContain(token?.token);
  });
});

describe.skipIf(process.platform === 'win32')(
  'with a resolver that does not respond',
  { concurrent: true },
  () => {
    /** Blocks a libuv thread forever, as `getaddrinfo` does until it times out: opens a pipe that has no writer. */
    const hangs = (pipe: string) =>
      preload(`
import dns from 'node:dns';
import fs from 'node:fs';
dns.lookup = () => {
  fs.writeSync(1, 'looking up\\n');
  fs.open(${JSON.stringify(pipe)}, () => {});
};`);

    function pipeIn(machine: Machine): string {
      const pipe = join(machine.temp, 'pipe');
      execFileSync('mkfifo', [pipe]);
      return pipe;
    }

    const inputsOf = (setting: Setting) => ({ ...setting.inputs, 'api-url': 'https://hangs.example.com' });

    it('the step fails when its time is up, with a single error', async () => {
      await using setting = await setUp();
      using machine = newMachine();
      const nodeArgs = hangs(pipeIn(machine));
      using child = startMain(machine, { ...inputsOf(setting), timeout: '2s' }, { nodeArgs });
      const [log, { code, signal, ms }] = await Promise.all([child.stdout.toArray(), end(child)]);

      expect([code, signal]).toEqual([1, null]);
      expect(ms).toBeLessThan(15_000);
      expect(
        Buffer.concat(log)
          .toString()
          .match(/^::error .*/gm),
      ).toEqual([expect.stringMatching(/^::error title=Could not reach Mapbox::/)]);
    });

    it('a step that is cancelled ends before the runner has to send SIGTERM', async () => {
      await using setting = await setUp();
      using machine = newMachine();
      using child = startMain(machine, inputsOf(setting), { nodeArgs: hangs(pipeIn(machine)) });
      await printed(child, 'looking up');
      const ended = end(child);
      child.kill('SIGINT');
      const { code, signal, ms } = await ended;

      expect([code, signal]).toEqual([1, null]);
      expect(ms).toBeLessThan(7_500);
    });

    it('a step that is being cancelled ends at once on SIGTERM', async () => {
      await using setting = await setUp();
      using machine = newMachine();
      using child = startMain(machine, inputsOf(setting), { nodeArgs: hangs(pipeIn(machine)) });
      await printed(child, 'looking up');
      child.kill('SIGINT');
      await printed(child, 'Cancelled.');
      const ended = end(child);
      child.kill('SIGTERM');
      const { code, signal, ms } = await ended;

      expect([code, signal]).toEqual([1, null]);
      expect(ms).toBeLessThan(5_000);
    });

    // Only root can give a process its own resolver.
    const isolated = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"'];
    const canIsolate = () => {
      try {
        execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
        return process.platform === 'linux';
      } catch {
        return false;
      }
    };

    it.runIf(canIsolate())('the step also ends in time with the system’s own resolver', async () => {
      const server = await startSilentResolver();
      try {
        await using setting = await setUp();
        using machine = newMachine();
        const resolver = join(machine.temp, 'resolv.conf');
        writeFileSync(resolver, `nameserver ${server.address}\n`);
        using child = startMain(
          machine,
          { ...inputsOf(setting), timeout: '3s' },
          { wrapper: [...isolated, resolver] },
        );
        await server.asked;
        const ended = end(child);
        child.kill('SIGINT');
        const { code, signal, ms } = await ended;

        expect([code, signal]).toEqual([1, null]);
        expect(ms).toBeLessThan(7_500);
      } finally {
        server.close();
      }
    });
  },
);

/** A name server on loopback that receives queries and never responds. */
async function startSilentResolver(): Promise<{ address: string; asked: Promise<unknown>; close(): void }> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4').bind(53, '127.0.0.53');
  await once(socket, 'listening');
  return { address: '127.0.0.53', asked: once(socket, 'message'), close: () => socket.close() };
}

it('an error while the action loads becomes one annotation, without the error’s text', async () => {
  await using setting = await setUp();
  // Every module of the bundle calls this first.
  const broken = preload(`process.getBuiltinModule = () => { throw new SyntaxError('part of the event'); };`);
  const main = await setting.runMain({}, { nodeArgs: () => broken, debug: true });

  expect([main.exitCode, main.signal, main.stderr]).toEqual([1, null, '']);
  expect(main.annotations).toEqual([
    { level: 'error', title: 'Internal error', message: expect.stringContaining('(SyntaxError)') },
  ]);
  expect(main.shown).not.toContain('part of the event');
  expect(setting.mapbox.requests).toEqual([]);
});
