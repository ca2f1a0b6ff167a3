/**
 * Lines of `log.jsonl`, one JSON object each.
 *
 * @module
 */
import { reasonOf } from "../../checkpoint/messages.ts";
import type { EvaluationResult } from "../evaluate.ts";
import type { RoutingStatistics } from "../statistics.ts";
import type { StepLine } from "../trainer.ts";

/** Log record of a step; it depends on the configuration alone. */
export interface StepRecord extends StepLine {
  /** Kind of record. */
  readonly kind: "step";
  /** Learning rate of the update. */
  readonly learningRate: number;
  /** Routing, in the last record of a reading. */
  readonly routing?: RoutingStatistics;
}

/** Log record of an evaluation. */
export interface EvaluationRecord {
  /** Kind of record. */
  readonly kind: "evaluation";
  /** Updates before it. */
  readonly step: number;
  /** Results by selection. */
  readonly heldOut: EvaluationResult;
}

/** A step, read back: `labels` is absent in logs of older versions. */
export type StepLogLine = Omit<StepRecord, "labels"> & Partial<Pick<StepRecord, "labels">>;

/** A line, read back. */
export type LogLine = StepLogLine | EvaluationRecord;

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

/** Required numbers of each kind of line, by path. */
const REQUIRED: { readonly [Kind in LogLine["kind"]]: readonly string[] } = {
  step: ["step", "gradientNorm", "learningRate", "losses.lm"],
  evaluation: ["step"],
};

function parseLine(text: string): LogLine {
  const json = JSON.parse(text);
  if (typeof json !== "object" || json === null) throw new TypeError(`${text.slice(0, 40)} is not an object`);
  const { kind, ...rest } = json;
  if (!Object.hasOwn(REQUIRED, kind)) {
    throw new TypeError(`kind is ${JSON.stringify(kind)}, expected "step" or "evaluation"`);
  }
  const line = numbers(rest, "") as Record<string, unknown>;
  const at = (path: string) =>
    path.split(".").reduce<unknown>((of, key) => (of as Record<string, unknown>)?.[key], line);
  const wrong = [...REQUIRED[kind as LogLine["kind"]], ...("labels" in line ? ["labels"] : [])].find((path) =>
    typeof at(path) !== "number"
  );
  if (wrong) throw new TypeError(`${wrong} is not a number`);
  if (kind === "evaluation" && typeof line.heldOut !== "object") throw new TypeError("heldOut is not an object");
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
