/** Start and end of every command: help, error line, exit codes, closed pipes. */
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { type Command, type Flag, helpOf, type Operands, readFlags, type Values } from "./flags.ts";
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
): Promise<never> {
  try {
    const flags = readFlags(command, Deno.args);
    if ((flags as Record<string, unknown>).help) {
      print(helpOf(command) + "\n");
      Deno.exit(0);
    }
    Deno.exit(await main(flags) ?? 0);
  } catch (error) {
    clearProgress();
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
    if (error instanceof Error && error.name === "AbortError") Deno.exit(interruptedCode());
    note(messageOf(command.action ?? command.name, error));
    Deno.exit(1);
  }
}

/** The message of an error: whole if it begins with "Cannot", else its first line. */
function messageOf(action: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.startsWith("Cannot ") ? text : `Cannot ${action}: ${reasonOf(error)}`;
}

/** Writes all of a text, or bytes, to standard output. Throws BrokenPipe when the reader has closed it. */
export function print(content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** Writes one line to standard error; standard output is for results. */
export function note(line: string): void {
  clearProgress();
  console.error(line);
}

/** Yields to the event loop, as the reference computes without pausing. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
