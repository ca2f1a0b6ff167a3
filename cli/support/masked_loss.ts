/** Masked-language loss of an encoder over a text. */
import { openSource } from "../../src/checkpoint/open_source.ts";
import type { EncoderModel } from "../../src/infer/encoder.ts";
import { readTokenizerFiles } from "../../src/infer/load_tokenizer.ts";
import { type Batches, labelledRows } from "../../src/train/data/batches.ts";
import { maskedBatches } from "../../src/train/data/masking.ts";
import { textEncoder } from "../data/encoder.ts";

/** Separates documents. */
const END_OF_TEXT = "<|endoftext|>";

/**
 * Batches of 8 windows of at most 128 tokens, masked by a fixed seed; end-of-text tokens separate documents.
 *
 * Throws one line when the tokenizer of the folder lacks one of the tokens that training uses.
 */
export async function maskedText(folder: string, text: string, { config }: EncoderModel): Promise<Batches> {
  const { json, config: settings } = await readTokenizerFiles(openSource(folder));
  const { vocabulary, special, encode, tokenId } = textEncoder(json, settings), endOfText = tokenId(END_OF_TEXT);
  const documents = text.split(END_OF_TEXT).map((document) => document.trim()).filter((document) => document !== "");
  const stream = documents.flatMap((document) => [...encode(document), endOfText]);
  const bytes = documents.reduce((sum, document) => sum + new TextEncoder().encode(document).length, 0);
  const read = (start: number, end: number) => Promise.resolve(Int32Array.from(stream.slice(start, end)));
  return maskedBatches({ documents: documents.length, bytes, tokens: stream.length, vocabulary, endOfText, read }, {
    B: 8,
    T: Math.min(128, config.maxPositions),
    seed: 1,
    mask: tokenId("[MASK]"),
    begin: tokenId("[CLS]"),
    end: tokenId("[SEP]"),
    special,
  });
}

/** Mean cross-entropy of the masked tokens of the first batches, nats, and their number. */
export async function maskedLoss(
  model: EncoderModel,
  batches: Batches,
  most = Infinity,
): Promise<{ nats: number; tokens: number }> {
  let [nats, tokens] = [0, 0];
  for (let step = 0; step < Math.min(most, batches.batches); step++) {
    const batch = await batches.batch(step), targets = labelledRows(batch);
    const { rows: { ids, offsets }, labels } = batch;
    if (targets === 0) continue;
    const cut = (data: ArrayLike<number>) =>
      Array.from(offsets.data).slice(1).map((end, b) => Array.from(data).slice(offsets.data[b], end))
        .filter(({ length }) => length > 0);
    const { losses } = await model.forward(cut(ids.data), { labels: cut(labels.data) });
    nats += losses!.mlm * targets;
    tokens += targets;
  }
  return { nats: nats / tokens, tokens };
}
