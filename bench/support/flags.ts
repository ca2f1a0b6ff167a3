import { parseArgs } from "@std/cli/parse-args";

/** Flags of a comparison with other libraries. Throws a RangeError for unknown flags and for no samples. */
export function comparisonFlags(args: readonly string[], samples: number): { strict: boolean; samples: number } {
  const unknown = (arg: string): never => {
    throw new RangeError(`Cannot measure: unknown argument ${arg}, expected --strict or --samples N`);
  };
  const flags = parseArgs([...args], { boolean: ["strict"], string: ["samples"], unknown });
  const count = flags.samples === undefined ? samples : Number(flags.samples);
  if (Number.isInteger(count) && count >= 1) return { strict: flags.strict, samples: count };
  throw new RangeError(`Cannot measure: --samples is ${flags.samples}, expected a whole number from 1`);
}

/** The flags, or an error message and exit code 1. */
export function flagsOrExit(samples: number): { strict: boolean; samples: number } {
  try {
    return comparisonFlags(Deno.args, samples);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
