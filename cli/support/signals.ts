/** Ctrl-C and SIGTERM, which abort a command's signal. */
import process from "node:process";

/** Signals that end a command with their exit codes; Windows has no SIGTERM. */
const ENDING: Readonly<Record<string, number>> = process.platform === "win32"
  ? { SIGINT: 130 }
  : { SIGINT: 130, SIGTERM: 143 };

let received = "SIGINT";

/** Exit code of a command that a signal has ended: 130 after Ctrl-C, 143 after SIGTERM. */
export function interruptedCode(): number {
  return ENDING[received];
}

/**
 * Runs a body whose signal aborts on Ctrl-C or SIGTERM. A second signal, or one outside a body, ends the process
 * immediately.
 */
export async function interruptible<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const listeners = Object.keys(ENDING).map((signal) => {
    const stop = () => {
      received = signal;
      release();
      controller.abort();
    };
    process.on(signal, stop);
    return () => process.off(signal, stop);
  });
  const release = () => listeners.splice(0).forEach((remove) => remove());
  try {
    return await body(controller.signal);
  } finally {
    release();
  }
}
