// Damaged files of a run: changed checkpoints are skipped, a damaged log does not end the run.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import { parametersOf } from "../../src/model/parameters.ts";
import { checkpointFolder, readCheckpoint, readState, removeUnfinished } from "../../src/train/run/checkpoints.ts";
import { TrainingLog } from "../../src/train/run/log.ts";
import { schemaOf } from "../../src/train/run/start.ts";
import { readTrainingConfig } from "../../src/train/config/read.ts";
import { readableLines } from "../../cli/support/training_log.ts";
import { parseLog } from "../../src/train/run/log_lines.ts";
import { session, smallTraining } from "../support/training_run.ts";

/** A run of 6 steps in a new folder, which is removed afterwards. */
async function withRun(body: (out: string, read: () => Promise<unknown>) => Promise<void>): Promise<void> {
  const out = await Deno.makeTempDir();
  try {
    await session(new ReferenceDevice(), out, smallTraining, { stop: 6 });
    const schema = schemaOf(readTrainingConfig({ ...smallTraining, out }).model);
    await body(out, () => readCheckpoint(checkpointFolder(out, 6), { schema, averaged: true }));
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

Deno.test("checkpoints: a flipped bit in any file is detected", async () => {
  await withRun(async (out, read) => {
    const { digests } = await readState(checkpointFolder(out, 6));
    const bodies = ["model.safetensors", "optimizer.safetensors"];
    assertEquals(Object.keys(digests!), [...bodies, "training.json"]);
    await read();
    for (const name of bodies) {
      const path = `${checkpointFolder(out, 6)}/${name}`;
      const bytes = await Deno.readFile(path), damaged = bytes.slice();
      damaged[bytes.length - 9] ^= 1;
      await Deno.writeFile(path, damaged);
      const error = await assertRejects(read, Error);
      assertStringIncludes(error.message, `Cannot read ${name} of ${checkpointFolder(out, 6)}: its SHA-256`);
      await Deno.writeFile(path, bytes);
    }
    await read();
  });
});

Deno.test("checkpoints: any change of the position record is detected", async () => {
  await withRun(async (out, read) => {
    const path = `${checkpointFolder(out, 6)}/training.json`;
    const state = JSON.parse(await Deno.readTextFile(path));
    const changes = [{ step: 7 }, { log: 1 }, { texts: "other" }, { settings: { ...state.settings, seed: 1 } }];
    const { "training.json": own } = state.digests;
    for (const change of [...changes, { digests: { "training.json": own } }]) {
      await Deno.writeTextFile(path, JSON.stringify({ ...state, ...change }));
      const error = await assertRejects(read, Error);
      assertStringIncludes(error.message, `Cannot read training.json of ${checkpointFolder(out, 6)}: its SHA-256`);
    }
    await Deno.writeTextFile(path, JSON.stringify(state));
    await read();
  });
});

Deno.test("run folders: incomplete files of a killed process are removed, others stay", async () => {
  const out = await Deno.makeTempDir(), id = crypto.randomUUID();
  const files = [`model.safetensors.${id}.tmp`, `notes.${id}.txt`, "a.tmp"];
  for (const name of files) await Deno.writeTextFile(`${out}/${name}`, "1");
  await Deno.mkdir(`${out}/.checkpoint-4.${id}.tmp`);
  await removeUnfinished(out);
  assertEquals([...Deno.readDirSync(out)].map(({ name }) => name).sort(), [files[2], files[1]]);
  await Deno.remove(out, { recursive: true });
});

Deno.test("log: a path that is no file is one error that names it", async () => {
  const folder = await Deno.makeTempDir();
  await assertRejects(() => TrainingLog.open(folder, 0), Error, `Cannot write ${folder}: `);
  await Deno.remove(folder);
});

Deno.test("checkpoints: those of earlier versions, without hashes, can be read", async () => {
  await withRun(async (out, read) => {
    const path = `${checkpointFolder(out, 6)}/training.json`;
    const { digests: _, ...state } = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, JSON.stringify(state));
    await read();
  });
});

Deno.test("log: a shorter, missing or damaged one is continued, and every whole line is kept", async () => {
  await withRun(async (out) => {
    const path = `${out}/log.jsonl`, text = await Deno.readTextFile(path), lines = parseLog(text);
    const damaged = text.replace('"kind"', '"kin').slice(0, -7);
    await Deno.writeTextFile(path, damaged);
    {
      using log = await TrainingLog.open(path, text.length);
      assertEquals([log.lost, log.size], [9, text.length - 8]);
      assertEquals(readableLines(await log.text(), path), lines.slice(1, -1));
      await log.append(text.slice(text.lastIndexOf("\n", text.length - 2) + 1));
    }
    assertEquals(readableLines(await Deno.readTextFile(path), path), lines.slice(1));
    await Deno.remove(path);
    using log = await TrainingLog.open(path, text.length);
    assertEquals([log.lost, log.size], [text.length, 0]);
  });
});

Deno.test("resuming: a run continues without its log, with the same weights", async () => {
  const schema = schemaOf(readTrainingConfig({ ...smallTraining, out: "out" }).model);
  const last = async (damage: (path: string) => Promise<void>) => {
    let found: unknown;
    await withRun(async (out) => {
      await damage(`${out}/log.jsonl`);
      await session(new ReferenceDevice(), out, smallTraining);
      const { params } = await readCheckpoint<Record<string, unknown>>(checkpointFolder(out, 11), {
        schema,
        averaged: true,
      });
      found = params;
    });
    return found;
  };
  assertEquals(parametersOf(schema).length > 10, true);
  assertEquals(await last((path) => Deno.remove(path)), await last(() => Promise.resolve()));
});
