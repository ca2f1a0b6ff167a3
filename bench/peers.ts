/** `deno task bench:peers`: Refrain beside other WebGPU libraries, in turns, on the same adapter. */
import { note, runCommand } from "../cli/support/command.ts";
import { helpFlag, type Values, wholeOf } from "../cli/support/flags.ts";
import { normals } from "../src/common/random.ts";
import { encoderTask, type Peer, type Run } from "./peers/peer.ts";
import { median } from "./support/median.ts";

const command = {
  name: "bench:peers",
  action: "compare",
  usage: "[--strict] [--samples N]",
  about:
    `Measures matrix products and an encoder on Refrain and other WebGPU libraries, in turns on the same adapter. A time is
the slope between one run and several, so that the costs of starting and reading back cancel out.`,
  flags: {
    strict: { help: "end with 1 where Refrain is not as much faster as its bar says" },
    samples: { value: "N", help: "samples of each library, 5 unless given" },
    ...helpFlag,
  },
  examples: ["deno task bench:peers", "deno task bench:peers --strict --samples 9"],
} as const;

/** What to compare, and how many times faster than the best of the others Refrain has to be. */
interface Task {
  readonly name: string;
  readonly flops: number;
  readonly bar: number;
  start(peer: Peer): Promise<Run> | undefined;
}

function product(size: number): Task {
  const [x, w] = [normals(1, size * size), normals(2, size * size)];
  return { name: `linear ${size}³ f32`, flops: 2 * size ** 3, bar: 3, start: (peer) => peer.product?.(size, x, w) };
}

function encoder(): Task {
  const [L, D, H, F, T] = [6, 384, 12, 1536, 128];
  const task = encoderTask(L, D, H, F, T);
  const flops = 2 * L * T * (4 * D * D + 3 * D * F) + 4 * L * T * T * D;
  const start = (peer: Peer) => peer.encoder?.(task);
  return { name: `encoder of ${L} layers, D ${D}, H ${H}, F ${F}, one sequence of ${T}`, flops, bar: 3, start };
}

const reason = (error: unknown) => String((error as Error)?.message ?? error).split("\n")[0].slice(0, 200);

async function loadPeers(): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const file of ["refrain", "tfjs", "jax", "onnxruntime"]) {
    try {
      peers.push(await (await import(`./peers/${file}.ts`)).load());
    } catch (error) {
      console.log(`${file} cannot be loaded: ${reason(error)}`);
    }
  }
  return peers;
}

/** Milliseconds of one run: the slope between 1 and 1 + `more` runs. */
async function slope(run: Run, more: number): Promise<number> {
  const time = async (repeats: number) => {
    const start = performance.now();
    await run(repeats);
    return performance.now() - start;
  };
  const once = await time(1);
  return (await time(1 + more) - once) / more;
}

/** Largest difference, relative to the largest value. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = 0, largest = 0;
  for (let i = 0; i < a.length; i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
    largest = Math.max(largest, Math.abs(a[i]));
  }
  return a.length === b.length ? worst / largest : Infinity;
}

interface Contender {
  readonly name: string;
  readonly run: Run;
  readonly more: number;
  readonly times: number[];
}

/** Starts a task on every library that has it, checks that all compute the same, and sets the lengths of samples. */
async function contenders(task: Task, peers: readonly Peer[]): Promise<Contender[]> {
  const started: Contender[] = [];
  let expected: ArrayLike<number> | undefined;
  for (const peer of peers) {
    try {
      const run = await task.start(peer);
      if (!run) continue;
      const result = await run(1);
      expected ??= result;
      const off = difference(expected, result);
      if (!(off < 1e-3)) throw new Error(`its result differs by ${off.toExponential(1)} of the largest value`);
      const once = Math.max(0.1, await slope(run, 1));
      started.push({ name: peer.name, run, more: Math.max(1, Math.min(200, Math.ceil(150 / once))), times: [] });
    } catch (error) {
      console.log(`  ${peer.name} cannot run it: ${reason(error)}`);
    }
  }
  return started;
}

/** Measures a task in turns and prints a line a library; whether the bar was reached, undefined without a comparison. */
async function compare(task: Task, peers: readonly Peer[], samples: number): Promise<boolean | undefined> {
  console.log(`\n${task.name}`);
  const all = await contenders(task, peers);
  for (let sample = 0; sample < samples; sample++) {
    for (const { run, more, times } of all) times.push(await slope(run, more));
  }
  const own = all.find(({ name }) => name === "refrain");
  for (const { name, times } of all) {
    const ms = median(times);
    const ratio = own ? `${(ms / median(own.times)).toFixed(2)} × refrain` : "";
    console.log(
      `  ${name.padEnd(26)} ${ms.toFixed(2).padStart(9)} ms ${
        (task.flops / ms / 1e6).toFixed(1).padStart(7)
      } GFLOP/s  ${ratio}`,
    );
  }
  const others = all.filter((each) => each !== own).map(({ times }) => median(times));
  if (!own || others.length === 0) {
    console.log("  nothing to compare");
    return undefined;
  }
  const factor = Math.min(...others) / median(own.times);
  const reached = factor >= task.bar;
  console.log(
    `  ${factor.toFixed(2)} times the best of the others, bar ${task.bar}: ${reached ? "reached" : "MISSED"}`,
  );
  return reached;
}

async function main(flags: Values<typeof command.flags>): Promise<number> {
  const samples = wholeOf("samples", flags.samples ?? "5", 1);
  const info = (await globalThis.navigator?.gpu?.requestAdapter())?.info;
  console.log(`adapter: ${info ? info.description || info.vendor : "none"}, ${samples} samples in turns, medians`);
  const peers = await loadPeers();
  const reached: (boolean | undefined)[] = [];
  for (const task of [product(512), product(1024), encoder()]) reached.push(await compare(task, peers, samples));
  const compared = reached.filter((result) => result !== undefined);
  if (compared.length === 0) note("Cannot compare: no task ran both here and in another library");
  return compared.length === 0 || flags.strict && !reached.every(Boolean) ? 1 : 0;
}

if (import.meta.main) await runCommand(command, main);
