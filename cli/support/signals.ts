/** Ctrl-C and SIGTERM: both ask a command to end at a place of its own choice. */

/** What a command returns that was interrupted: the exit code after Ctrl-C, as shells give it. */
export const INTERRUPTED = 130;

/** Exit code after SIGTERM, as shells give it. */
const TERMINATED = 143;

/** Windows knows no SIGTERM. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/** The signal that came last. */
let last: Deno.Signal | undefined;

/** The exit code of a command that returned one: an interruption is known by its signal. */
export function exitCode(code: number): number {
  return code === INTERRUPTED && last === "SIGTERM" ? TERMINATED : code;
}

/**
 * Runs a body that ends early, at a place of its own choice, on Ctrl-C or SIGTERM; a second signal ends the process at
 * once, as does one outside such a body.
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
