/** Texts that are drawn from a decoder, once, and cached. */
import { createHash } from "node:crypto";
import { writeFilesAtomically } from "../../src/checkpoint/files.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { fileDigests } from "../../src/train/run/digest.ts";
import type { SampleConfig } from "../../src/train/config/config.ts";
import { note } from "../support/command.ts";
import type { Opened } from "../support/device.ts";
import { closing, demandTokenizer, loadModel } from "../support/model.ts";
import { SAMPLED_AT_ONCE, Sampling } from "../support/sampling.ts";

/** Files of a checkpoint that determine its documents. */
const FILES = ["config.json", "model.safetensors", "model.safetensors.index.json", "tokenizer.json"];

/**
 * The file of documents drawn from the decoder in the folder `from`, as JSON lines; drawn the first time only, and again
 * where checkpoint or settings have changed. Throws one line when the decoder cannot be loaded, and on an abort.
 */
export async function sampledFile(
  from: string,
  sample: SampleConfig,
  { cacheDir, device, signal }: { readonly cacheDir: string; readonly device: Opened; readonly signal?: AbortSignal },
): Promise<string> {
  const { documents, seed, temperature, max_tokens } = sample;
  const source = openSource(from);
  const settings = [await fileDigests(source, FILES), documents, seed, temperature, max_tokens ?? null];
  const key = createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 16);
  const folder = `${cacheDir}/samples`, name = `${key}.jsonl`;
  if (await openSource(folder).has(name)) return `${folder}/${name}`;
  const loaded = await loadModel({ model: from, device }, "decoder");
  await closing(loaded.owner, async ({ model }) => {
    const { maxPositions } = model.config;
    const sampling = new Sampling(model, demandTokenizer(loaded), {
      ...{ documents, seed, batch: SAMPLED_AT_ONCE, maxTokens: max_tokens ?? maxPositions, sampling: { temperature } },
      signal,
    });
    async function* lines() {
      yield* sampling.lines();
      signal?.throwIfAborted();
    }
    note(`Drawing ${documents} documents from ${from}, once; they are kept in ${folder}/${name}`);
    await writeFilesAtomically(folder, { [name]: lines() });
    note(`Drew ${sampling}`);
  });
  return `${folder}/${name}`;
}
