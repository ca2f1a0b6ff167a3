/**
 * Decoders one of whose tokens is no number.
 *
 * @module
 */
import type { Device, HostTensor } from "../../src/op/device.ts";
import type { DecoderParams } from "../../src/model/decoder_schema.ts";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import { decoderOn } from "./models.ts";

/** The token. */
export const POISON = 7;

/** A decoder with a head of its own whose embedding of one token is no number. */
export function poisoned(device: Device, json = {}, value = NaN): DecoderModel {
  return decoderOn(device, { ...json, tie_word_embeddings: false }, 1, (params) => {
    const data = (params.embedding as HostTensor).data.slice();
    data.fill(value, POISON * 16, (POISON + 1) * 16);
    return { ...params, embedding: { ...params.embedding, data } } as DecoderParams<HostTensor>;
  });
}
