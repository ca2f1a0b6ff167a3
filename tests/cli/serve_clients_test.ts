/** Aborting clients leave no state: the server answers correctly afterwards. */
import { assert, assertEquals } from "@std/assert";
import { Decoder } from "../../mod.ts";
import { askKnown, comeAndGo, type Crowd } from "./serve_clients.ts";
import { serveProcess } from "./serve_process.ts";
import { until } from "./serve_support.ts";
import { decoderFolder } from "./support.ts";

Deno.test("thirty clients connect and abort, then one answer is correct", async () => {
  const folder = await decoderFolder(), tokens = 12, prompt = "a cat, ";
  await using model = await Decoder.load(folder, { device: "reference" });
  const text = (await Array.fromAsync(model.generate(prompt, { maxNewTokens: tokens }))).map(({ text }) => text).join(
    "",
  );
  const { url, interrupt, ended } = await serveProcess(folder, "--device", "reference", "--slots", "4");
  const known = { tokens, text };
  const crowd: Crowd = { url, model: folder.split("/").pop()!, prompt, known, clients: 30, ms: 2500, seed: 1 };
  const counts = await comeAndGo(crowd);
  for (const deed of ["known 200", "stream 200", "leave left", "half half", "slow slow"]) {
    assert(counts[deed] > 0, `${deed} is not in ${JSON.stringify(counts)}`);
  }
  assertEquals(await askKnown(crowd), text);
  const metrics = async () => await (await fetch(`${url}/metrics`)).text();
  let gauges = "";
  const poll = setInterval(async () => gauges = await metrics().catch(() => ""), 100);
  await until(() => /sequences_running\{.*\} 0$/m.test(gauges) && /sequences_waiting\{.*\} 0$/m.test(gauges));
  clearInterval(poll);
  interrupt();
  const { code, err } = await ended();
  assertEquals(code, 0, err);
  const lines = err.split("\n").filter((line) => line.includes('"duration_ms":'));
  assert(lines.length >= counts["known 200"] + counts["stream 200"] + counts["leave left"], `${lines.length} lines`);
  assert(!/\n {4}at |Uncaught|"status":500/.test(err), err);
});
