/** A decoder and an encoder with a tokenizer, in folders and loaded on the reference. */
import { Decoder, Encoder } from "../../mod.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { saveStoryDecoder, saveStoryEncoder } from "../support/stories.ts";

/** Folder of both checkpoints, `decoder` and `encoder`; removed when the test file ends. */
export const folder = await Deno.makeTempDir();
await saveStoryDecoder(`${folder}/decoder`);
await saveStoryEncoder(`${folder}/encoder`);
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** The device of both models. */
export const device = new ReferenceDevice();

/** The loaded decoder. */
export const decoder = await Decoder.load(`${folder}/decoder`, { device });

/** The loaded encoder. */
export const encoder = await Encoder.load(`${folder}/encoder`, { device });
