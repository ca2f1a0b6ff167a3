/** A process whose memory is limited: the shortage is an error, everything goes on, and nothing stays. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gpuTest } from "./support/gpu.ts";

const prlimit = await new Deno.Command("sh", { args: ["-c", "command -v prlimit"] }).output();

gpuTest("shortage: a real one, two times over", async (gpu) => {
  if (gpu.adapter.family !== "cpu" || Deno.build.os !== "linux" || !prlimit.success) return; // memory is the process's own
  const child = new URL("support/shortage_child.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", child, String(400 * 2 ** 20), "2"],
    env: { MALLOC_MMAP_THRESHOLD_: "1000000" }, // else the C library keeps freed memory
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals([code, err.replaceAll(/^.*\bCheck\b.*\n/gm, "")], [0, ""]);
  const rounds = out.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(rounds.length, 2);
  const right = [5, 11, 11, 25, 9];
  for (const { from, program, held, last, atShortage, values, after, before } of rounds) {
    assertStringIncludes(from, "Cannot copy data to the GPU: 8,388,608 bytes for 1 buffer could not be allocated (");
    assertStringIncludes(program, "could not be allocated");
    assert(held >= 3 && held < 50, `${held} tensors of 8 MiB`);
    assertEquals([last, atShortage.values, values, after.values], [1, right, right, right]);
    assert(atShortage.bytes >= held * 8 * 2 ** 20);
    assert(after.bytes <= before.bytes + 4096, `${after.bytes} bytes are left`); // sizes of programs that are kept
  }
  const [first, second] = rounds;
  assert(second.held >= first.held / 2, `${first.held} tensors fit at first, ${second.held} in the end`);
});
