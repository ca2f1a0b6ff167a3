/** The demo's sentences with masks for an encoder to fill. */
import type { EncoderModel } from "../../src/infer/encoder.ts";
import { fill } from "../../src/infer/fill.ts";
import { visible } from "../support/trace_lines.ts";

/** Sentences to fill; § stands for the mask token. */
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
