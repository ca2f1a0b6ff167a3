/**
 * Keys of recursive decoders: Llama's, with required sizes.
 *
 * @module
 */
import { decoderKeys } from "./llama.ts";
import type { KeyTable } from "./rule.ts";

/** The table of `model_type` mor and refrain, and of files without one. */
export const morTable: KeyTable = { className: "recursive decoders", keys: decoderKeys };
