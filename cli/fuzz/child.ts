/** Runs cases of a target in a child process, with a line before and after each case. */
import { Draw } from "./draw.ts";
import { targets } from "./targets.ts";

/** A line of a child: a case begins, ends, or fails. */
export type Line =
  | { readonly seed: number }
  | { readonly outcome: "taken" | "refused" }
  | { readonly broken: string };

const say = (line: Line) => void Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(line) + "\n"));

if (import.meta.main) {
  const [name, first] = Deno.args;
  const run = await targets.find((target) => target.name === name)!.open();
  for (let seed = Number(first) >>> 0;; seed = (seed + 1) >>> 0) {
    say({ seed });
    try {
      say({ outcome: await run(new Draw(seed)) });
    } catch (broken) {
      say({ broken: broken instanceof Error ? broken.stack ?? broken.message : String(broken) });
      Deno.exit(1);
    }
    await new Promise((resolve) => setTimeout(resolve)); // late rejections are this case's
  }
}
