/** Start and end of every command: help, error line, exit codes, closed pipes. */
import { writeSync } from "node:fs";
import process from "node:process";
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { type Command, type Flag, helpOf, type Operands, readFlags, type Values } from "./flags.ts";
import { invocation } from "./invocation.ts";
import { clearProgress } from "./progress.ts";
import { interruptedCode } from "./signals.ts";

export { interruptedCode, interruptible } from "./signals.ts";

/**
 * Runs a command and ends the process.
 *
 * Ends with the code that `main` returns, 1 after an error (one line on stderr), 130 after Ctrl-C, 143 after TERM, and 0
 * silently when the reader of standard output has closed it.
 */
export async function runCommand<const F extends Readonly<Record<string, Flag>>>(
  command: Command<F>,
  main: (flags: Values<F> & Operands) => Promise<number | void>,
  args: readonly string[] = process.argv.slice(2),
): Promise<never> {
  try {
    const flags = readFlags(command, args);
    if ((flags as Record<string, unknown>).help) {
      print(invocation(helpOf(command)) + "\n");
      process.exit(0);
    }
    process.exit(await main(flags) ?? 0);
  } catch (error) {
    clearProgress();
    if ((error as { code?: unknown } | undefined)?.code === "EPIPE") process.exit(0);
    if (error instanceof Error && error.name === "AbortError") process.exit(interruptedCode());
    note(messageOf(command.action ?? command.name, error));
    process.exit(1);
  }
}

/** The message of an error: whole if it begins with "Cannot", else its first line. */
function messageOf(action: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.startsWith("Cannot ") ? text : `Cannot ${action}: ${reasonOf(error)}`;
}

/** Writes all of a text, or bytes, to standard output. Throws EPIPE when the reader has closed it. */
export function print(content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes.subarray(at));
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EAGAIN") throw error; // a pipe that is full, and does not block
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** Writes one line to standard error; standard output is for results. */
export function note(line: string): void {
  clearProgress();
  console.error(invocation(line));
}

/** Yields to the event loop, as the reference computes without pausing. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
