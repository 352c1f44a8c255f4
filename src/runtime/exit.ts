import type { Clock } from '../clock.ts';

/** The parts of Node's `process` that {@link exit} uses. */
export interface ExitingProcess {
  exitCode?: number | string | null | undefined;
  readonly execPath: string;
  exit(): unknown;
  getActiveResourcesInfo(): string[];
  removeAllListeners(event: 'SIGINT' | 'SIGTERM' | 'uncaughtException'): unknown;
  /** Missing on Windows. */
  execve?(file: string, args: readonly string[], env: Readonly<Record<string, string>>): unknown;
}

/** How long to wait for a log reader that reads nothing. */
const STALL_LIMIT_MS = 5_000;

const POLL_MS = 5;

/**
 * Waits until everything in the log has been read: `process.exit` drops output that is still queued.
 *
 * @param unread returns the number of bytes not read yet.
 */
export async function drainOutput(unread: () => number, clock: Clock): Promise<void> {
  let left = unread();
  // If there is nothing to wait for, the clock is not loaded, which saves a millisecond.
  if (left === 0) return;
  let deadline = clock.monotonic() + STALL_LIMIT_MS;
  while (left > 0 && clock.monotonic() < deadline) {
    await clock.sleep(POLL_MS);
    const now = unread();
    if (now < left) deadline = clock.monotonic() + STALL_LIMIT_MS;
    left = now;
  }
}

/** Work in libuv's thread pool, as Node names it. */
const THREAD_POOL_WORK = /^(?:GetAddrInfo|GetNameInfo|FS)Req/;

/**
 * Exits at once with `process.exitCode`, even if a thread hangs. `process.exit` waits for libuv's threads [libuv,
 * uv_library_shutdown]: while a DNS resolver does not respond, the process would ignore every signal. Such a process is
 * replaced by one that only exits.
 */
export function exit(process: ExitingProcess): void {
  process.removeAllListeners('SIGINT');
  process.removeAllListeners('SIGTERM');
  if (process.getActiveResourcesInfo().some(name => THREAD_POOL_WORK.test(name))) {
    const program = `process.exitCode = ${Number(process.exitCode ?? 0)}`;
    try {
      process.execve?.(process.execPath, [process.execPath, '-e', program], {});
    } catch {
      // Not supported by this system or not allowed by a permission model: `process.exit` waits for the threads.
    }
  }
  process.exit();
}
