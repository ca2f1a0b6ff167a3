/** `deno task fuzz`: damages valid inputs at random until the time is up or a check fails. */
import { note, runCommand } from "./support/command.ts";
import { helpFlag, numberOf, type Values, wholeOf } from "./support/flags.ts";
import { secondsText, showMoving } from "./support/progress.ts";
import { targets } from "./fuzz/targets.ts";
import { watch } from "./fuzz/watch.ts";

const names = targets.map(({ name }) => name);

const command = {
  name: "fuzz",
  usage: "[--minutes N] [--target NAME] [--seed N]",
  about: `Changes valid inputs at random. The program must accept each with finite results, or refuse it with one clear
error, in bounded time and memory. Ends at the first failure with its seed and exit code 1.`,
  flags: {
    minutes: { value: "N", help: "minutes in all, 1 unless given" },
    target: { value: "NAME", help: `${names.join(", ")}; all in turn unless given` },
    seed: { value: "N", help: "seed of the first input, the following count up; random unless given" },
    ...helpFlag,
  },
  examples: ["deno task fuzz --minutes 10", "deno task fuzz --target configs --seed 17"],
} as const;

const child = new URL("fuzz/child.ts", import.meta.url).href;

/** Time limit of a case on a busy machine, and memory limit of a process. */
const BOUNDS = { seconds: 30, bytes: 3e9 };

async function main(flags: Values<typeof command.flags>): Promise<number> {
  const minutes = numberOf("minutes", flags.minutes ?? "1");
  const seed = wholeOf("seed", flags.seed ?? String(crypto.getRandomValues(new Uint32Array(1))[0]), 0) >>> 0;
  const chosen = names.filter((name) => name === (flags.target ?? name));
  if (chosen.length === 0) throw new Error(`Cannot fuzz: --target is ${flags.target}, expected ${names.join(" or ")}`);
  if (!(minutes > 0)) throw new Error(`Cannot fuzz: --minutes is ${minutes}, expected more than 0`);
  for (const name of chosen) {
    const started = performance.now();
    note(`${name}: from seed ${seed}`);
    const { cases, taken, failure } = await watch(
      [child, name],
      seed,
      minutes * 60_000 / chosen.length,
      BOUNDS,
      (cases) => {
        showMoving(`${name}: ${cases} cases`);
      },
    );
    note(`${name}: ${cases} cases in ${secondsText((performance.now() - started) / 1000)}, ${taken} of them taken`);
    if (cases === 0 && !failure) throw new Error(`Cannot fuzz: no case of ${name} ended in its time`);
    if (!failure) continue;
    note(`${name}: seed ${failure.seed} failed, ${failure.reason}`);
    note(`Again with: deno task fuzz --target ${name} --seed ${failure.seed}`);
    return 1;
  }
  return 0;
}

if (import.meta.main) await runCommand(command, main);
