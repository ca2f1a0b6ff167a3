/** Ctrl-C and SIGTERM: both ask a command to end at a place of its own choice. */

/** Signals that end a command, and the exit codes that shells give after them; Windows knows no SIGTERM. */
const ENDING: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
  ? { SIGINT: 130 }
  : { SIGINT: 130, SIGTERM: 143 };

let received: Deno.Signal = "SIGINT";

/** Exit code of a command that a signal has ended: 130 after Ctrl-C, 143 after SIGTERM. */
export function interruptedCode(): number {
  return ENDING[received]!;
}

/**
 * Runs a body that ends early, at a place of its own choice, on Ctrl-C or SIGTERM; a second signal ends the process at
 * once, as does one outside such a body.
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
