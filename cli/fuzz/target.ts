/** Fuzz targets, and the definition of a failure. */
import { reasonOf } from "../../src/checkpoint/messages.ts";
import type { Draw } from "./draw.ts";

/** Outcome of an input: accepted, or refused with one clear error. */
export type Outcome = "taken" | "refused";

/** A part of the program that reads external bytes. */
export interface Target {
  /** Its name in flags and reports. */
  readonly name: string;
  /** Prepares a function that runs one case and throws for a failure. */
  open(): Promise<(draw: Draw) => Promise<Outcome>>;
}

/** Maximum length of an error message. */
const LONGEST_MESSAGE = 4000;

/** Errors of programming mistakes. */
const MISTAKES = [TypeError, ReferenceError, SyntaxError];

/** Runs a task that may refuse its input. Throws unless its error is one clear message: "Cannot …". */
export async function outcomeOf(task: () => Promise<void>): Promise<Outcome> {
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

/** A failed check. */
export class Broken extends Error {}

/** Throws unless a condition holds. */
export function demand(holds: boolean, rule: () => string): void {
  if (!holds) throw new Broken(rule());
}

/** Throws unless all numbers are finite. */
export function demandFinite(what: string, { data }: { readonly data: ArrayLike<number> }): void {
  for (let i = 0; i < data.length; i++) demand(Number.isFinite(data[i]), () => `${what} has ${data[i]} at ${i}`);
}
