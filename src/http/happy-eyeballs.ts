import dns from 'node:dns';
import { connect, isIP, isIPv4, type LookupFunction, type Socket } from 'node:net';

/** Where to connect, and for how long to try. */
export interface Destination {
  /** A name, or an IPv4 or IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Milliseconds for finding the addresses and connecting to one of them. */
  readonly timeoutMs: number;
}

/**
 * The next address is tried after this many milliseconds, while the attempts before it go on [RFC 8305, section 5].
 *
 * Node's own `autoSelectFamily` gives up on an address before it tries the next one, whatever its
 * `autoSelectFamilyAttemptTimeout`, so no value of that does for 10 s in all (measured with Node 24.21): with 1 s, an
 * address that accepts late, as after one lost SYN, is given up for one that refuses; with 2.5 s, four dead addresses use
 * up the time before the fifth.
 */
const ATTEMPT_DELAY_MS = 250;

/**
 * Connects to the first of a host's addresses that accepts.
 *
 * @param signal stops trying.
 * @param lookup resolves the host's name; Node's own unless given.
 * @throws an error with the `code` of what failed last; `UND_ERR_CONNECT_TIMEOUT` when time was up.
 */
export function connectToFirst(
  { host, port, timeoutMs }: Destination,
  signal: AbortSignal,
  lookup: LookupFunction = dns.lookup,
): Promise<Socket> {
  const race = new Race(port);
  const timer = setTimeout(() => race.stop(timeoutError()), timeoutMs);
  signal.addEventListener('abort', () => race.stop(signal.reason), { once: true });
  if (isIP(host) > 0) {
    race.start([host]);
  } else {
    lookup(host, { all: true, hints: dns.ADDRCONFIG }, (error, found) => {
      if (error !== null) race.stop(error);
      else race.start([found].flat().map(entry => (typeof entry === 'string' ? entry : entry.address)));
    });
  }
  return race.winner.finally(() => clearTimeout(timer));
}

function timeoutError(): Error {
  return Object.assign(new Error('connecting took too long'), { code: 'UND_ERR_CONNECT_TIMEOUT' });
}

/** Attempts at the addresses of one host. Settles `winner` once and drops the other attempts. */
class Race {
  readonly winner: Promise<Socket>;
  readonly #port: number;
  readonly #settle: { win(socket: Socket): void; lose(reason: unknown): void };
  readonly #attempts = new Set<Socket>();
  #addresses: readonly string[] = [];
  #started = 0;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(port: number) {
    this.#port = port;
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    this.winner = promise;
    this.#settle = { win: resolve, lose: reject };
  }

  start(addresses: readonly string[]): void {
    this.#addresses = alternateFamilies(addresses);
    if (addresses.length === 0) this.stop(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }));
    else this.#tryNext();
  }

  stop(reason: unknown): void {
    this.#end(() => this.#settle.lose(reason));
  }

  #tryNext(): void {
    const host = this.#addresses[this.#started];
    if (this.#over || host === undefined) return;
    this.#started++;
    clearTimeout(this.#timer);
    const socket = connect({ host, port: this.#port });
    this.#attempts.add(socket);
    socket.once('connect', () => {
      this.#attempts.delete(socket);
      this.#end(() => this.#settle.win(socket));
    });
    socket.once('error', error => {
      this.#attempts.delete(socket);
      if (this.#started < this.#addresses.length) this.#tryNext();
      else if (this.#attempts.size === 0) this.stop(error);
    });
    this.#timer = setTimeout(() => this.#tryNext(), ATTEMPT_DELAY_MS);
  }

  #end(settle: () => void): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    for (const socket of this.#attempts) socket.destroy();
    settle();
  }
}

/** IPv6 and IPv4 in turns, beginning with what the resolver put first: often one of them does not work at all. */
export function alternateFamilies(addresses: readonly string[]): string[] {
  const [first = ''] = addresses;
  const isLikeFirst = (address: string) => isIPv4(address) === isIPv4(first);
  const preferred = addresses.filter(isLikeFirst);
  const others = addresses.filter(address => !isLikeFirst(address));
  return preferred
    .flatMap((address, index) => [address, ...others.slice(index, index + 1)])
    .concat(others.slice(preferred.length));
}
