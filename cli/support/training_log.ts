/** `log.jsonl`: what a training run wrote down, one JSON object a line. */
import { reasonOf } from "../../src/checkpoint/messages.ts";
import type { EvaluationResult } from "../../src/train/evaluate.ts";
import type { RoutingStatistics } from "../../src/train/statistics.ts";
import type { StepLine } from "../../src/train/trainer.ts";
import { note } from "./command.ts";
import { counted } from "./table.ts";

/** One step. `step` counts the updates before it, so its losses are those of the weights after so many updates. */
export interface StepLogLine extends Omit<StepLine, "labels"> {
  /** What the line is about. */
  readonly kind: "step";
  /** Rows with a label; logs of older versions have it not. */
  readonly labels?: number;
  /** Learning rate of the update. */
  readonly learningRate: number;
  /** Labels a second since the last reading; on the last line of a log window. */
  readonly tokensPerSecond?: number;
  /** Routing of the step; on the last line of a log window. */
  readonly routing?: RoutingStatistics;
}

/** One evaluation on held-out text, after `step` updates. */
export interface EvaluationLogLine {
  /** What the line is about. */
  readonly kind: "evaluation";
  /** Updates before it. */
  readonly step: number;
  /** Results by selection. */
  readonly heldOut: EvaluationResult;
}

/** A line of `log.jsonl`. */
export type LogLine = StepLogLine | EvaluationLogLine;

/** Significant digits of a number: as many as bring every float32 back. */
const DIGITS = 9;

/** A line as it is written, with its line feed; numbers that are not finite become null. */
export function formatLogLine(line: LogLine): string {
  const short = (_key: string, value: unknown) => typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value;
  return `${JSON.stringify(line, short)}\n`;
}

/** Numbers of a JSON value, null being NaN. Throws for anything but objects, lists and numbers. */
function numbers(value: unknown, path: string): unknown {
  if (value === null) return NaN;
  if (typeof value === "number") return value;
  if (typeof value !== "object") throw new TypeError(`${path} is ${JSON.stringify(value)}, expected a number`);
  if (Array.isArray(value)) return value.map((item, i) => numbers(item, `${path}[${i}]`));
  const entries = Object.entries(value as object);
  return Object.fromEntries(entries.map(([key, item]) => [key, numbers(item, path ? `${path}.${key}` : key)]));
}

/** What every line of a kind has. */
const FIELDS: { readonly [Kind in LogLine["kind"]]: { numbers: readonly string[]; object: string } } = {
  step: { numbers: ["step", "gradientNorm", "learningRate"], object: "losses" },
  evaluation: { numbers: ["step"], object: "heldOut" },
};

/** The first number that a run goes on with and that a step's line does not have. */
function wrongNumber(
  { losses, labels = 0 }: { losses: Record<string, unknown>; labels?: unknown },
): string | undefined {
  if (typeof losses.lm !== "number") return "losses.lm";
  if (typeof labels !== "number") return "labels";
}

function parseLine(text: string): LogLine {
  const json = JSON.parse(text);
  if (typeof json !== "object" || json === null) throw new TypeError(`${text.slice(0, 40)} is not an object`);
  const { kind, ...rest } = json;
  if (kind !== "step" && kind !== "evaluation") {
    throw new TypeError(`kind is ${JSON.stringify(kind)}, expected "step" or "evaluation"`);
  }
  const line = numbers(rest, "") as Record<string, unknown>;
  const fields = FIELDS[kind as LogLine["kind"]];
  for (const field of fields.numbers) {
    if (typeof line[field] !== "number") throw new TypeError(`${field} is not a number`);
  }
  if (typeof line[fields.object] !== "object") throw new TypeError(`${fields.object} is not an object`);
  const wrong = kind === "step" ? wrongNumber(line as { losses: Record<string, unknown> }) : undefined;
  if (wrong) throw new TypeError(`${wrong} is not a number`);
  if (!(Number.isSafeInteger(line.step) && line.step as number >= 0)) {
    throw new TypeError(`step is ${line.step}, expected a whole number of at least 0`);
  }
  return { kind, ...line } as unknown as LogLine;
}

/**
 * Reads `log.jsonl`. An unfinished last line, which a killed run leaves behind, is left out.
 *
 * A damaged line is left out too and given to `onDamage`; without it, throws a RangeError that names the file, the line
 * and what is wrong with it.
 */
export function parseLog(text: string, name = "log.jsonl", onDamage?: (reason: string) => void): LogLine[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.flatMap((line, i) => {
    if (line.trim() === "") return [];
    try {
      return [parseLine(line)];
    } catch (error) {
      const reason = `line ${i + 1}: ${reasonOf(error)}`;
      if (!onDamage) throw new RangeError(`Cannot read ${name}: ${reason}`);
      onDamage(reason);
      return [];
    }
  });
}

/** The same; of damaged lines, a warning says how many there are and what is wrong with the first. */
export function readableLines(text: string, name: string): LogLine[] {
  const damage: string[] = [];
  const lines = parseLog(text, name, (reason) => damage.push(reason));
  if (damage.length) note(`WARNING: ${counted(damage.length, "damaged line")} of ${name} left out: ${damage[0]}`);
  return lines;
}
