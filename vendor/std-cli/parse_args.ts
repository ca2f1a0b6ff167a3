/** Command line flags in the manner of `@std/cli/parse-args`; flags with dots in their names are not nested here. */
import type { Args, ParseOptions } from "./types.ts";
export type { Args, ParseOptions } from "./types.ts";

const FLAG = /^-(?:(?<double>-)(?<negated>no-)?)?(?<key>.+?)(?:=(?<value>.*))?$/s;
const NUMBER = /^[-+]?(?:0x[0-9a-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)$/i;
const BOOLEAN = /^(?:true|false)$/;

/**
 * Reads command line arguments into a record.
 *
 * ```ts
 * import { parseArgs } from "@std/cli/parse-args";
 * import { assertEquals } from "@std/assert";
 *
 * const args = parseArgs(["--model", "tiny", "--json", "a.txt"], { string: ["model"], boolean: ["json"] });
 * assertEquals(args, { _: ["a.txt"], model: "tiny", json: true });
 * ```
 */
export function parseArgs<
  const B extends string = never,
  const S extends string = never,
  const C extends string = never,
  const N extends string = never,
  const D extends Record<string, unknown> = Record<never, never>,
>(args: readonly string[], options: ParseOptions<B, S, C, N, D> = {}): Args<B, S, C, D> {
  const parser = new Parser(options as ParseOptions);
  const at = args.indexOf("--");
  parser.read(at < 0 ? args : args.slice(0, at));
  return parser.finish(at < 0 ? [] : args.slice(at + 1)) as Args<B, S, C, D>;
}

type Flags = Record<string, unknown> & { _: (string | number)[] };

class Parser {
  readonly flags: Flags = { _: [] };
  readonly aliases: Map<string, string[]>;
  readonly booleans: Set<string>;
  readonly strings: Set<string>;
  readonly collected: Set<string>;
  readonly negatable: Set<string>;

  constructor(readonly options: ParseOptions) {
    this.aliases = aliasTable(options.alias ?? {});
    const withAliases = (names: string | readonly string[] | undefined) =>
      new Set([names ?? []].flat().flatMap((name) => [name, ...this.aliases.get(name) ?? []]));
    this.booleans = withAliases(typeof options.boolean === "boolean" ? [] : options.boolean);
    this.strings = withAliases(options.string);
    this.collected = withAliases(options.collect);
    this.negatable = withAliases(options.negatable);
  }

  /** Reads everything before `--`. */
  read(args: readonly string[]): void {
    for (let i = 0; i < args.length; i++) {
      const groups = args[i].match(FLAG)?.groups;
      if (groups?.double) i += this.long(args[i], groups, args[i + 1]);
      else if (groups) i += this.short(args[i], args[i + 1]);
      else {
        if (this.options.unknown?.(args[i]) !== false) {
          this.flags._.push(this.strings.has("_") ? args[i] : number(args[i]));
        }
        if (this.options.stopEarly) return void this.flags._.push(...args.slice(i + 1));
      }
    }
  }

  /** Fills in what was not given. */
  finish(rest: readonly string[]): Flags {
    const missing = (key: string) => !Object.hasOwn(this.flags, key);
    for (const [key, value] of Object.entries(this.options.default ?? {})) {
      for (const name of [key, ...this.aliases.get(key) ?? []]) if (missing(name)) this.flags[name] = value;
    }
    for (const key of this.booleans) if (missing(key)) this.flags[key] = this.collected.has(key) ? [] : false;
    for (const key of this.strings) if (missing(key) && this.collected.has(key)) this.flags[key] = [];
    if (this.options["--"]) this.flags["--"] = [...rest];
    else this.flags._.push(...rest);
    return this.flags;
  }

  /** `--key`, `--key=value`, `--key value`, `--no-key`; returns how many further arguments were used. */
  private long(arg: string, groups: Record<string, string>, next: string | undefined): number {
    let key = groups.key;
    if (groups.value !== undefined) {
      if (groups.negated) key = `no-${key}`;
      this.set(key, this.booleans.has(key) ? groups.value === "true" : groups.value, arg);
      return 0;
    }
    if (groups.negated) {
      if (this.negatable.has(key)) return this.set(key, false, arg, false), 0;
      key = `no-${key}`;
    }
    return this.valueOrNext(key, arg, next, this.options.boolean === true);
  }

  /** `-abc`, `-n5`, `-k value`, `-k=value`; returns how many further arguments were used. */
  private short(arg: string, next: string | undefined): number {
    for (let j = 1; j < arg.length - 1; j++) {
      const letter = arg[j], rest = arg.slice(j + 1);
      const value = rest.startsWith("=") ? rest.slice(1) : rest;
      if (rest.startsWith("=") || (/[A-Za-z]/.test(letter) && NUMBER.test(rest)) || /^\W/.test(rest)) {
        return this.set(letter, this.booleans.has(letter) ? value === "true" : value, arg), 0;
      }
      this.set(letter, this.strings.has(letter) ? "" : true, arg);
    }
    return this.valueOrNext(arg.slice(-1), arg, next, false);
  }

  private valueOrNext(key: string, arg: string, next: string | undefined, boolean: boolean): number {
    const takes = !boolean && !this.booleans.has(key) && next !== undefined && !/^-./.test(next);
    if (takes) return this.set(key, next, arg), 1;
    if (next !== undefined && BOOLEAN.test(next)) return this.set(key, next === "true", arg), 1;
    return this.set(key, this.strings.has(key) ? "" : true, arg), 0;
  }

  private set(key: string, value: unknown, arg: string, collect = true): void {
    const declared = this.booleans.has(key) || this.strings.has(key) || this.aliases.has(key) ||
      this.collected.has(key) || (this.options.boolean === true && /^--[^=]+$/.test(arg));
    if (!declared && this.options.unknown?.(arg, key, value) === false) return;
    const read = typeof value === "string" && !this.strings.has(key) ? number(value) : value;
    for (const name of [key, ...this.aliases.get(key) ?? []]) {
      if (!collect || !this.collected.has(name)) this.flags[name] = read;
      else (this.flags[name] ??= [] as unknown[]) && (this.flags[name] as unknown[]).push(read);
    }
  }
}

function aliasTable(alias: NonNullable<ParseOptions["alias"]>): Map<string, string[]> {
  const table = new Map<string, string[]>();
  for (const [key, value] of Object.entries(alias)) {
    const names = [key, ...[value].flat()];
    for (const name of names) table.set(name, names.filter((other) => other !== name));
  }
  return table;
}

function number(text: string): string | number {
  return NUMBER.test(text) ? Number(text) : text;
}
