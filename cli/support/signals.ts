/** Ctrl-C and SIGTERM end a command between two steps of its work. */

/** The return value of an interrupted command: the exit code after Ctrl-C in shells. */
export const INTERRUPTED = 130;

/** The exit code after SIGTERM in shells. */
const TERMINATED = 143;

/** The signals that interrupt; Windows has no SIGTERM. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/** The last signal of this process. */
let last: Deno.Signal | undefined;

/** The exit code for a command's return value: 143 instead of 130 where the signal was SIGTERM. */
export function exitCode(code: number): number {
  return code === INTERRUPTED && last === "SIGTERM" ? TERMINATED : code;
}

/**
 * Runs a body with a signal that aborts on Ctrl-C or SIGTERM; the body decides where it ends. A second signal, or one
 * outside such a body, ends the process at once.
 */
export async function interruptible<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const listeners = SIGNALS.map((signal) => ({ signal, stop: () => abort(signal) }));
  const deafen = () => listeners.forEach(({ signal, stop }) => Deno.removeSignalListener(signal, stop));
  const abort = (signal: Deno.Signal) => {
    last = signal;
    deafen();
    controller.abort();
  };
  for (const { signal, stop } of listeners) Deno.addSignalListener(signal, stop);
  try {
    return await body(controller.signal);
  } finally {
    if (!controller.signal.aborted) deafen();
  }
}
