/**
 * Encoders alone: a bundle of this entry carries no decoder, no training, and no device that is not opened.
 *
 * ```ts ignore
 * import { Encoder } from "@refrain/transformers/encoder";
 *
 * const encoder = await Encoder.load("models/stories-modernalbert");
 * const [[best]] = await encoder.fill("Once upon a [MASK], there was a cat."); // best.text, best.probability
 * await encoder.close();
 * ```
 *
 * @module
 */
export { Encoder } from "./encoder.ts";
export { type DeviceName, openDevice } from "./device.ts";
