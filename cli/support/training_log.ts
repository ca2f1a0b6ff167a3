/** `log.jsonl`: the log of a training run, one JSON object a line. */
import { reasonOf } from "../../src/checkpoint/messages.ts";
import type { EvaluationResult } from "../../src/train/evaluate.ts";
import type { RoutingStatistics } from "../../src/train/statistics.ts";
import type { StepLine } from "../../src/train/trainer.ts";
import { note } from "./command.ts";
import { counted } from "./table.ts";

/** One step. `step` counts the updates before it, so its losses are those of the weights after so many updates. */
export interface StepLogLine extends Omit<StepLine, "labels"> {
  /** Kind of line. */
  readonly kind: "step";
  /** Labelled rows; absent in logs of older versions. */
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
  /** Kind of line. */
  readonly kind: "evaluation";
  /** Updates before it. */
  readonly step: number;
  /** Results by selection. */
  readonly heldOut: EvaluationResult;
}

/** A line of `log.jsonl`. */
export type LogLine = StepLogLine | EvaluationLogLine;

/** Significant digits of a number, enough to restore every float32. */
const DIGITS = 9;

/** Formats a line with its line feed; numbers that are not finite become null. */
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

/** Required numbers of each kind of line. */
const FIELDS: { readonly [Kind in LogLine["kind"]]: { numbers: readonly string[]; object: string } } = {
  step: { numbers: ["step", "gradientNorm", "learningRate"], object: "losses" },
  evaluation: { numbers: ["step"], object: "heldOut" },
};

/** The first missing number of a step's line that a resumed run needs. */
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
 * Reads `log.jsonl`. An incomplete last line, of a killed run, is ignored.
 *
 * Damaged lines are skipped and passed to `onDamage`; without it, throws a RangeError with file, line and reason.
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

/** Reads `log.jsonl`; a warning states the number of damaged lines and the first one's reason. */
export function readableLines(text: string, name: string): LogLine[] {
  const damage: string[] = [];
  const lines = parseLog(text, name, (reason) => damage.push(reason));
  if (damage.length) note(`WARNING: ${counted(damage.length, "damaged line")} of ${name} left out: ${damage[0]}`);
  return lines;
}
