import type { Clock } from '../clock.ts';

/** The process, as far as a step leaves it. */
export interface ExitingProcess {
  exitCode?: number | string | null | undefined;
  readonly execPath: string;
  exit(): unknown;
  getActiveResourcesInfo(): string[];
  removeAllListeners(event: 'SIGINT' | 'SIGTERM' | 'uncaughtException'): unknown;
  /** Missing on Windows. */
  execve?(file: string, args: readonly string[], env: Readonly<Record<string, string>>): unknown;
}

/** A reader of the log that has taken nothing for this long is not waited for. */
const STALL_LIMIT_MS = 5_000;

const POLL_MS = 5;

/**
 * Waits until the log's reader has taken everything: `process.exit` drops what is still in the pipe's queue.
 *
 * @param unread bytes that the reader has not taken yet.
 */
export async function drainOutput(unread: () => number, clock: Clock): Promise<void> {
  let left = unread();
  // Without anything to wait for, the clock is not loaded, which takes a millisecond.
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
 * Leaves the process at once with the exit code that is set, even if a thread hangs: `process.exit` waits for libuv's
 * threads [libuv, uv_library_shutdown], and with them for a DNS resolver that does not respond, deaf to every signal. Such
 * a process is replaced by one that has nothing to do but to exit.
 */
export function exit(process: ExitingProcess): void {
  process.removeAllListeners('SIGINT');
  process.removeAllListeners('SIGTERM');
  if (process.getActiveResourcesInfo().some(name => THREAD_POOL_WORK.test(name))) {
    const program = `process.exitCode = ${Number(process.exitCode ?? 0)}`;
    try {
      process.execve?.(process.execPath, [process.execPath, '-e', program], {});
    } catch {
      // Not possible on this system, or not allowed by a permission model: exit takes as long as the threads do.
    }
  }
  process.exit();
}
