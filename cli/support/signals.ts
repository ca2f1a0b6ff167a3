/** Ctrl-C and SIGTERM, which abort a command's signal. */

/** Signals that end a command with their exit codes; Windows has no SIGTERM. */
const ENDING: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
  ? { SIGINT: 130 }
  : { SIGINT: 130, SIGTERM: 143 };

let received: Deno.Signal = "SIGINT";

/** Exit code of a command that a signal has ended: 130 after Ctrl-C, 143 after SIGTERM. */
export function interruptedCode(): number {
  return ENDING[received]!;
}

/**
 * Runs a body whose signal aborts on Ctrl-C or SIGTERM. A second signal, or one outside a body, ends the process
 * immediately.
 */
export async function interruptible<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const listeners = (Object.keys(ENDING) as Deno.Signal[]).map((signal) => {
    const stop = () => {
      received = signal;
      release();
      controller.abort();
    };
    Deno.addSignalListener(signal, stop);
    return () => Deno.removeSignalListener(signal, stop);
  });
  const release = () => listeners.splice(0).forEach((remove) => remove());
  try {
    return await body(controller.signal);
  } finally {
    release();
  }
}
