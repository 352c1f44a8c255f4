/** Addresses that neither accept a connection nor refuse one, until they are told to. Linux only. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface UnresponsiveServer extends Disposable {
  readonly port: number;
  /** From now on the server accepts, and answers every request with an empty 200. */
  accept(): void;
}

const SCRIPT = `
const { createServer } = require('node:net');
const [, ...addresses] = process.argv;
const answer = socket => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end('HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n'));
};
let port = 0;
(async () => {
  for (const host of addresses) {
    const server = createServer(answer);
    await new Promise(resolve => server.listen({ host, port, backlog: 1 }, resolve));
    port = server.address().port;
  }
  console.log(port);
})();`;

/** More connections than the queue of an address holds. */
const FILLERS = 4;

/** Loopback addresses whose queues of connections are full, in a process that is stopped: the kernel drops what comes. */
export async function unresponsiveServer(...addresses: readonly string[]): Promise<UnresponsiveServer> {
  const child = spawn(process.execPath, ['-e', SCRIPT, ...addresses], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const port = Number(line);
  child.kill('SIGSTOP');
  const fillers = addresses.flatMap(host => Array.from({ length: FILLERS }, () => connect(port, host)));
  await Promise.all(
    addresses.map((_, index) => firstToConnect(fillers.slice(index * FILLERS, (index + 1) * FILLERS))),
  );
  return {
    port,
    accept() {
      child.kill('SIGCONT');
      for (const filler of fillers) filler.destroy();
    },
    [Symbol.dispose]() {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGKILL');
    },
  };
}

/** The queue is full once the kernel has taken what fits into it; the rest stays without an answer. */
async function firstToConnect(fillers: readonly Socket[]): Promise<void> {
  for (const filler of fillers) filler.on('error', () => {});
  await Promise.race(fillers.map(filler => once(filler, 'connect')));
}
