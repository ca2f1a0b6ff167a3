/**
 * Decoders alone: a bundle of this entry carries no encoder, no training, and no device that is not opened.
 *
 * ```ts ignore
 * import { Decoder } from "@refrain/transformers/decoder";
 *
 * const decoder = await Decoder.load("models/stories-mor");
 * for await (const { text } of decoder.generate("Once upon a time", { maxNewTokens: 60 })) console.log(text);
 * await decoder.close();
 * ```
 *
 * @module
 */
export { Decoder } from "./decoder.ts";
export { type DeviceName, openDevice } from "./device.ts";
