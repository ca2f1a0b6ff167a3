/** What `parseArgs` takes and returns. */

type Names<K extends string> = K | readonly K[];

/** How to read the flags; every field is optional. */
export interface ParseOptions<
  B extends string = string,
  S extends string = string,
  C extends string = string,
  N extends string = string,
  D = Record<string, unknown>,
> {
  /** When true, what follows `--` is put into `"--"` instead of `_`. */
  "--"?: boolean;
  /** Other names of a flag. */
  alias?: Readonly<Record<string, string | readonly string[]>>;
  /** Flags without a value; `true` makes every double-hyphen flag without `=` boolean. */
  boolean?: boolean | Names<B>;
  /** Values of flags that are not given. */
  default?: D;
  /** Put everything after the first positional argument into `_`. */
  stopEarly?: boolean;
  /** Flags whose value is always a string. */
  string?: Names<S>;
  /** Flags that may be given several times and become arrays. */
  collect?: Names<C>;
  /** Flags for which `--no-<flag>` means false. */
  negatable?: Names<N>;
  /** Called for arguments that are not declared; return false to leave them out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

type Given<V, K, C, D> = K extends C ? V[] : K extends keyof D ? V : V | undefined;

/** The flags by name, and the positional arguments as `_`. */
export type Args<B extends string = never, S extends string = never, C extends string = never, D = unknown> =
  & { [K in B]: K extends C ? boolean[] : boolean }
  & { [K in S]: Given<string, K, C, D> }
  // deno-lint-ignore no-explicit-any
  & { _: (string | number)[]; "--"?: string[]; [key: string]: any };
