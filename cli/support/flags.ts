/** Flags of a command, declared once for reading, checking and the help text. */
import { parseArgs } from "@std/cli/parse-args";
import { nearest } from "../../src/common/words.ts";

/** One flag. */
export interface Flag {
  /** Help text. */
  readonly help: string;
  /** Name of its value in the help; absent for a flag without a value. */
  readonly value?: string;
  /** May be given several times. */
  readonly repeat?: true;
  /** Must be given. */
  readonly required?: true;
}

/** A command: help and flags. */
export interface Command<F extends Readonly<Record<string, Flag>>> {
  /** Name of its task. */
  readonly name: string;
  /** Action of error messages; the name of the task unless given. */
  readonly action?: string;
  /** Usage after the name, in the first line of the help. */
  readonly usage: string;
  /** Description in a few lines. */
  readonly about: string;
  /** Flags by name, without the two hyphens. */
  readonly flags: F;
  /** Name of the argument without a flag; absent without one. */
  readonly operand?: string;
  /** Whether several operands are allowed. */
  readonly several?: true;
  /** Example command lines. */
  readonly examples: readonly string[];
}

/** The values of flags: true or false, one text, or several. */
export type Values<F extends Readonly<Record<string, Flag>>> = {
  readonly [K in keyof F]: F[K] extends { value: string }
    ? F[K] extends { repeat: true } ? readonly string[] : F[K] extends { required: true } ? string : string | undefined
    : boolean;
};

/** Arguments without a flag. */
export interface Operands {
  /** The first one, if the command has an operand. */
  readonly operand: string;
  /** All of them. */
  readonly operands: readonly string[];
}

/** Flags of every command. */
export const helpFlag = { help: { help: "print this text" } } as const;

/** Help text of a command. */
export function helpOf({ name, usage, about, flags, examples }: Command<Readonly<Record<string, Flag>>>): string {
  const heads = Object.entries(flags).map(([flag, { value }]) => `--${flag}${value ? ` ${value}` : ""}`);
  const width = Math.max(...heads.map(({ length }) => length)) + 2;
  const lines = Object.values(flags).map(({ help }, i) => {
    return `  ${heads[i].padEnd(width)}${help.replaceAll("\n", `\n${" ".repeat(width + 2)}`)}`;
  });
  const shown = examples.map((example) => `  ${example}`);
  return [`deno task ${name} ${usage}`, "", about, "", ...lines, "", "Examples", ...shown].join("\n");
}

/**
 * Reads the flags of a command.
 *
 * Throws one line that names the flag: unknown (with the nearest known one), without its value, given twice, or missing.
 */
export function readFlags<const F extends Readonly<Record<string, Flag>>>(
  { name, action = name, flags, operand, several }: Command<F>,
  args: readonly string[],
): Values<F> & Operands {
  const fail = (reason: string): never => {
    throw new Error(`Cannot ${action}: ${reason}; see --help`);
  };
  const names = Object.keys(flags);
  const taking = names.filter((flag) => flags[flag].value);
  const unknown = (arg: string, key?: string) => {
    if (key === undefined) return operand ? true : fail(`${JSON.stringify(arg)} belongs to no flag`);
    if (!arg.startsWith("--")) return fail(`${JSON.stringify(arg)} belongs to no flag (--flag=${arg} gives it to one)`);
    return fail(`${arg.split("=")[0]} is not a flag, the nearest is --${nearest(key, names)}`);
  };
  const boolean = names.filter((flag) => !flags[flag].value);
  const read = parseArgs(args, { string: [...taking, "_"], collect: taking, boolean, unknown });
  if (read.help) return read as unknown as Values<F> & Operands;
  const stray = several ? undefined : read._[operand ? 1 : 0];
  if (stray !== undefined) fail(`${JSON.stringify(String(stray))} belongs to no flag`);
  if (operand && read._.length === 0) fail(`${operand} is missing`);
  const entries = names.map((flag) => [flag, valueOf(flag, flags[flag], read[flag], fail)]);
  const operands = read._.map(String);
  return { ...Object.fromEntries(entries), operand: operands[0], operands } as Values<F> & Operands;
}

function valueOf(flag: string, { value, repeat, required }: Flag, read: unknown, fail: (reason: string) => never) {
  if (!value) return read as boolean;
  const texts = read as string[];
  if (texts.includes("")) {
    fail(`--${flag} is empty, expected ${value} (--${flag}=${value} where it begins with a hyphen)`);
  }
  if (repeat) return texts;
  if (texts.length > 1) fail(`--${flag} is given ${texts.length} times`);
  if (required && texts.length === 0) fail(`--${flag} ${value} is missing`);
  return texts[0];
}

/** One of a few words. Throws naming the nearest. */
export function choiceOf<const C extends string>(flag: string, given: string, choices: readonly C[]): C {
  if (choices.includes(given as C)) return given as C;
  throw new Error(
    `Cannot read --${flag} ${given}: expected ${choices.join(" or ")}, the nearest is ${nearest(given, choices)}`,
  );
}

/** A whole number of at least `least`, and at most `most` where given. */
export function wholeOf(flag: string, given: string, least: number, most?: number): number {
  const number = /^\d+$/.test(given) ? Number(given) : NaN;
  if (Number.isSafeInteger(number) && number >= least && number <= (most ?? number)) return number;
  const range = most === undefined ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new Error(`Cannot read --${flag} ${given}: expected a whole number ${range}`);
}

/** A seed: a whole number of 31 bits. */
export function seedOf(flag: string, given: string): number {
  return wholeOf(flag, given, 0, 2 ** 31 - 1);
}

/** One number. */
export function numberOf(flag: string, given: string): number {
  const number = given.trim() === "" ? NaN : Number(given);
  if (Number.isFinite(number)) return number;
  throw new Error(`Cannot read --${flag} ${given}: expected a number`);
}

/** Numbers with commas or spaces between them; `whole` ones for lists of ids. */
export function numbersOf(flag: string, given: string, { whole = false } = {}): number[] {
  const words = given.split(/[\s,]+/).filter(Boolean);
  const wrong = words.find((word) => !(whole ? /^\d{1,10}$/.test(word) : Number.isFinite(Number(word))));
  if (words.length && wrong === undefined) return words.map(Number);
  const what = whole ? "whole numbers" : "numbers";
  throw new Error(
    `Cannot read --${flag}: expected ${what}${wrong === undefined ? "" : `, found ${JSON.stringify(wrong)}`}`,
  );
}

/** A JSON object. */
export function objectOf(flag: string, given: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch (error) {
    throw new Error(`Cannot read --${flag}: ${(error as Error).message}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`Cannot read --${flag}: expected a JSON object, found ${given}`);
}
