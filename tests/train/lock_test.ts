// Folder locks: others are refused with the owner's process, a stale lock is taken over.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FolderLock, LOCK } from "../../src/train/run/lock.ts";
import { smallTraining } from "../support/training_run.ts";
import { decoderFolder, names, run, start, temporary } from "../cli/support.ts";

Deno.test("lock: a second owner is refused with the first one's process, and let in after it", async () => {
  const folder = `${temporary()}/new`;
  const first = await FolderLock.take(folder, "train into");
  const error = await assertRejects(() => FolderLock.take(folder, "resume"), Error);
  assertStringIncludes(error.message, `Cannot resume ${folder}: it is in use by process ${Deno.pid} since 20`);
  first[Symbol.dispose]();
  await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound); // the lock made it, and nothing was written
  (await FolderLock.take(folder, "train into"))[Symbol.dispose]();
});

Deno.test("lock: the file of a process that is gone is stale", async () => {
  const folder = temporary();
  await Deno.writeTextFile(`${folder}/${LOCK}`, "process 1 since 2020");
  using _lock = await FolderLock.take(folder, "train into");
  assertStringIncludes(await Deno.readTextFile(`${folder}/${LOCK}`), `process ${Deno.pid} since`);
});

Deno.test("lock: of many that want a folder at once, one at a time has it", async () => {
  const folder = temporary();
  let [inside, most, taken] = [0, 0, 0];
  const attempt = async () => {
    for (let tries = 0; tries < 40; tries++) {
      const lock = await FolderLock.take(folder, "train into").catch(() => undefined);
      if (lock) {
        most = Math.max(most, ++inside), taken++;
        await new Promise((resolve) => setTimeout(resolve, 1));
        inside--;
        lock[Symbol.dispose]();
      } else await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  await Promise.all(Array.from({ length: 8 }, attempt));
  assertEquals(most, 1);
  assertEquals(taken > 20, true);
});

Deno.test("lock: commands on the folder of a running training are refused; TERM saves its last step", async () => {
  const env = { XDG_CACHE_HOME: temporary() };
  const folder = temporary(), config = `${folder}/config.json`, out = `${folder}/out`;
  const words = ["a cat sat", "the dog ran on", "rain fell", "it was warm"];
  await Deno.writeTextFile(`${folder}/text.txt`, Array.from({ length: 60 }, (_, i) => words[i * 7 % 4]).join("\n\n"));
  const data = { train: [{ from: "text.txt", documents: "blank-lines" }], held_out: 0.2, tokenizer: { train: 258 } };
  const model = { ...smallTraining.model as object, vocab_size: 280 };
  const sizes = { sequence_length: 8, batch: 2 }, every = { save_every: 20, log_every: 5 };
  const json = {
    ...smallTraining,
    model,
    data: { ...data, ...sizes },
    ...every,
    steps: 100_000,
    device: "reference",
    out,
  };
  await Deno.writeTextFile(config, JSON.stringify(json));
  const child = start("train", [config], env);
  await child.stdin.close();
  const decoder = new TextDecoder();
  let said = "", asked = false;
  for await (const bytes of child.stderr) {
    said += decoder.decode(bytes);
    if (!said.includes("step 20 of 100000") || asked) continue;
    asked = true;
    const merge = ["--model", await decoderFolder(), "--out", out, "--force", "--device", "reference"];
    const others = [run("train", [config], { env }), run("train", [config, "--resume"], { env }), run("merge", merge)];
    for (const { code, err } of await Promise.all(others)) {
      assertEquals(code, 1, err);
      assertStringIncludes(err, `${out}: it is in use by process ${child.pid} since`);
    }
    child.kill("SIGTERM");
  }
  await child.stdout.cancel();
  assertEquals((await child.status).code, 143, said);
  const [last] = names(out).filter((name) => name.startsWith("checkpoint-")).toReversed();
  assertStringIncludes(said, "Finishing the step");
  assertEquals(names(`${out}/${last}`).includes("training.json"), true);
  assertEquals(names(out).includes(LOCK), false);
});
