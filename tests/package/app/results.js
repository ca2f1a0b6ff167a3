import { Decoder, Encoder, openDevice } from "@refrain/transformers";

/** A story with its depths, a filled mask and an embedding, by two models that share a device. */
export async function results(models, name, options) {
  const device = await openDevice(name, options);
  const decoder = await Decoder.load(`${models}/stories-mor`, { device });
  const encoder = await Encoder.load(`${models}/stories-modernalbert`, { device });
  const story = [];
  for await (const { id, text, depth } of decoder.generate("Once upon a time", { maxNewTokens: 24 })) {
    story.push({ id, text, depth });
  }
  const [[{ text, probability }]] = await encoder.fill("Once upon a [MASK], there was a little girl.");
  const { data } = await encoder.encode(["A cat sat on a mat."], { pooling: "mean", normalize: true });
  for (const open of [decoder, encoder, device]) await open.close();
  return { story, mask: { text, probability }, embedding: [...data] };
}
