/**
 * A process that runs out of memory: fills its device until a limit on the process refuses more, frees all, and again.
 *
 * Prints a JSON line a round. Arguments: bytes that the process may allocate in addition, and rounds.
 *
 * @module
 */
import { hostIndices, hostTensor, hostZeros, ShortageError } from "../../src/op/device.ts";
import { activation } from "../../src/ops/activation.ts";
import { gather } from "../../src/ops/rows.ts";
import { linear } from "../../src/ops/linear.ts";
import { type GpuTensor, openWebGpu } from "../../kernels/mod.ts";

const [room, rounds] = Deno.args.map(Number);
const ROWS = 2048; // of 1024 numbers: 8 MiB

function kilobytes(of: "VmSize" | "VmRSS"): number {
  return Number(new RegExp(`${of}:\\s+(\\d+)`).exec(Deno.readTextFileSync("/proc/self/status"))![1]);
}

/** Limits the address space, as `ulimit -v` does; JavaScript needs far more than that to start. */
async function limit(bytes: number): Promise<void> {
  const args = ["--pid", String(Deno.pid), `--as=${kilobytes("VmSize") * 1024 + bytes}:unlimited`];
  const { code, stderr } = await new Deno.Command("prlimit", { args }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
}

const device = await openWebGpu();
const square = device.compile(({ x }) => ({
  y: activation(device, activation(device, x, "square"), "relu"),
}));

async function small(): Promise<number[]> {
  const x = device.from(hostTensor([2, 2], [1, 2, 3, 4]));
  const { y } = await device.read({ y: linear(device, x, x) });
  device.free(x);
  return [...y.data, ...(await square({ x: hostTensor([1, 1], [3]) })).y.data];
}

async function error(work: () => unknown): Promise<string> {
  try {
    await work();
    return "none";
  } catch (error) {
    return error instanceof ShortageError ? error.message : `not a shortage: ${error}`;
  }
}

await small();
const { bytes } = device, rss = kilobytes("VmRSS");
const ones = (rows: number) => {
  const { shape, data } = hostZeros([rows, 1024]);
  return { shape, data: data.fill(1) };
};
await limit(room);
for (let round = 0; round < rounds; round++) {
  const held: GpuTensor[] = [], rows = ones(ROWS);
  const from = await error(async () => {
    while (held.length < 1000) {
      const tensor = device.from(rows);
      await device.ready([tensor]).catch((error) => {
        device.free(tensor);
        throw error;
      });
      held.push(tensor);
    }
  });
  const atShortage = { values: await small(), bytes: device.bytes, rss: kilobytes("VmRSS") };
  const row = gather(device, held.at(-1)!, device.from(hostIndices([ROWS - 1])));
  const [last] = (await device.read({ row })).row.data.slice(-1);
  for (const tensor of held) device.free(tensor);
  const program = await error(async () => {
    for (let rows = ROWS; rows <= 2 ** 15; rows *= 2) await square({ x: ones(rows) });
  });
  const values = await small();
  device.memory.trim();
  const after = { values: await small(), bytes: device.bytes, rss: kilobytes("VmRSS") };
  console.log(
    JSON.stringify({ from, program, held: held.length, last, atShortage, values, after, before: { bytes, rss } }),
  );
}
await device[Symbol.asyncDispose]();
