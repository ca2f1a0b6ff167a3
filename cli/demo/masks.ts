/** The other acts of the demo: masks of sentences filled, and what held-out text costs an encoder. */
import { openSource } from "../../src/checkpoint/open_source.ts";
import type { EncoderModel } from "../../src/infer/encoder.ts";
import { fill } from "../../src/infer/fill.ts";
import { readTokenizerFiles } from "../../src/infer/load_tokenizer.ts";
import { type Batches, labelledRows } from "../../src/train/data/batches.ts";
import { maskedBatches } from "../../src/train/data/masking.ts";
import { documentsOf } from "../data/documents.ts";
import { textEncoder } from "../data/encoder.ts";
import { visible } from "../support/trace_terminal.ts";

/** What is to be filled; § stands for the mask token. */
const SENTENCES = [
  "Once upon a §, there was a little girl named Lily.",
  "Tom was very § because he lost his favorite toy.",
  "They went to the park to § with the §.",
];

/** Candidates shown. */
const BEST = 3;

/** Every sentence with the candidates of its masks below it. */
export async function fillLines(model: EncoderModel): Promise<string[]> {
  const lines: string[] = [];
  for (const sentence of SENTENCES) {
    const text = sentence.replaceAll("§", model.tokenizer?.mask?.text ?? "[MASK]");
    const masks = await fill(model, text, { candidates: BEST });
    const shown = masks.map((candidates) =>
      candidates.map(({ text, probability }) => `${word(text)} ${percent(probability)}`).join("   ")
    );
    lines.push(text, ...shown.map((line, i) => `  ${shown.length > 1 ? `${i + 1}. ` : ""}${line}`));
  }
  return lines;
}

const word = (text: string) => visible(text.trim()) || JSON.stringify(text);
const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

/** Texts of a folder's `held_out.txt`, a line with the end-of-text token between two, masked always in the same way. */
export async function heldOutBatches(folder: string, { config }: EncoderModel): Promise<Batches> {
  const path = `${folder}/held_out.txt`, endOfText = "<|endoftext|>";
  const { json, config: settings } = await readTokenizerFiles(openSource(folder));
  const encoder = textEncoder(json, settings);
  const id = encoder.tokenId(endOfText);
  const stream: number[] = [], sums = { documents: 0, bytes: 0 };
  const file = {
    path,
    size: (await Deno.stat(path)).size,
    kind: "plain",
    documents: { separator: endOfText },
  } as const;
  for await (const text of documentsOf([file])) {
    stream.push(...encoder.encode(text), id);
    sums.documents++;
    sums.bytes += new TextEncoder().encode(text).length;
  }
  const read = (start: number, end: number) => Promise.resolve(Int32Array.from(stream.slice(start, end)));
  const { vocabulary, tokenId } = encoder;
  const reader = { ...sums, tokens: stream.length, vocabulary, endOfText: id, read };
  return maskedBatches(reader, {
    B: 8,
    T: Math.min(128, config.maxPositions),
    seed: 1,
    mask: tokenId("[MASK]"),
    begin: tokenId("[CLS]"),
    end: tokenId("[SEP]"),
    special: encoder.special,
  });
}

/** Mean cross-entropy of the masked tokens of the first batches, nats, and their number. */
export async function maskedLoss(
  model: EncoderModel,
  batches: Batches,
  most: number,
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
