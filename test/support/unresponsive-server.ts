/** Addresses that neither accept nor refuse a connection until told to. Linux only. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface UnresponsiveServer extends Disposable {
  readonly port: number;
  /** From now on the server accepts, and responds to every request with an empty 200. */
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

/** More connections than an address's queue holds. */
const FILLERS = 4;

/** Loopback addresses with full connection queues, in a stopped process: the kernel drops new packets. */
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

/** The queue is full once the kernel has filled it; the other connections stay unanswered. */
async function firstToConnect(fillers: readonly Socket[]): Promise<void> {
  for (const filler of fillers) filler.on('error', () => {});
  await Promise.race(fillers.map(filler => once(filler, 'connect')));
}
