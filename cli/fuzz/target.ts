/** What is fuzzed, and what counts as a failure. */
import { reasonOf } from "../../src/checkpoint/messages.ts";
import type { Draw } from "./draw.ts";

/** What became of an input: it was taken, or refused with one clear error. */
export type Outcome = "taken" | "refused";

/** A part of the program that takes bytes from outside. */
export interface Target {
  /** Its name in flags and reports. */
  readonly name: string;
  /** Prepares; the function runs one case and throws where a rule is broken. */
  open(): Promise<(draw: Draw) => Promise<Outcome>>;
}

/** Characters of an error message at most. */
const LONGEST_MESSAGE = 4000;

/** Errors that a mistake in the program throws, not a check. */
const MISTAKES = [TypeError, ReferenceError, SyntaxError];

/** Runs a task that may refuse its input. Throws where what it throws is not one clear error: "Cannot …". */
export async function judged(task: () => Promise<void>): Promise<Outcome> {
  try {
    await task();
    return "taken";
  } catch (thrown) {
    if (thrown instanceof Broken) throw thrown;
    const clear = thrown instanceof Error && !MISTAKES.some((kind) => thrown instanceof kind) &&
      /^Cannot \S/.test(thrown.message) && thrown.message.length <= LONGEST_MESSAGE;
    if (clear) return "refused";
    const trace = thrown instanceof Error ? thrown.stack ?? "" : "";
    throw new Broken(`not one clear error: ${reasonOf(thrown).slice(0, 500)}\n${trace.slice(0, 2000)}`);
  }
}

/** A rule that was broken. */
export class Broken extends Error {}

/** Throws unless a rule holds. */
export function demand(holds: boolean, rule: () => string): void {
  if (!holds) throw new Broken(rule());
}

/** Throws unless all numbers are finite. */
export function demandFinite(what: string, { data }: { readonly data: ArrayLike<number> }): void {
  for (let i = 0; i < data.length; i++) demand(Number.isFinite(data[i]), () => `${what} has ${data[i]} at ${i}`);
}
