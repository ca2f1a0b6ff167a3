/** The demo's story, and the FLOPs that its depths save. */
import type { Decoder } from "../../mod.ts";
import { account } from "../../src/model/account.ts";
import type { DecoderConfig } from "../../src/model/config/config.ts";
import type { DecoderResult } from "../../src/infer/decoder.ts";
import { encodeText } from "../../src/infer/tokenizer.ts";
import { depthColour, painter } from "../support/colour.ts";
import { counted } from "../support/table.ts";
import { type StoryPage, StoryWriter } from "./story_writer.ts";

/** A generated story. */
export interface Story {
  /** Ids of prompt and story. */
  readonly ids: readonly number[];
  /** Depth of each token of the story. */
  readonly depths: readonly number[];
  /** Seconds of generation. */
  readonly seconds: number;
}

/** Sampling keeps a small model from repeating itself; the seed makes the story reproducible on a device. */
const SAMPLING = { temperature: 0.4, seed: 3 };

/** Writes a story token by token. */
export async function tellStory(decoder: Decoder, prompt: string, most: number, page: StoryPage): Promise<Story> {
  const writer = new StoryWriter(page);
  const ids = encodeText(decoder.tokenizer, prompt), depths: number[] = [];
  const started = performance.now();
  writer.push(prompt);
  for await (const { text, id, depth } of decoder.generate(prompt, { maxNewTokens: most, ...SAMPLING })) {
    writer.push(text, depth);
    ids.push(id);
    depths.push(depth);
  }
  writer.end();
  return { ids, depths, seconds: (performance.now() - started) / 1000 };
}

/** Legend of the colours, or of the numbers below the words. */
export function depthLegend(N: number, coloured: boolean): string {
  if (!coloured) return `The number below a token is that of the recursions that chose it, 1 to ${N}.`;
  const colours = Array.from({ length: N }, (_, d) => painter(true)(` ${d + 1} `, depthColour(d + 1, N)));
  return `Recursions that chose the token: ${colours.join(" ")}`;
}

/** Rows of a histogram: depth, bar, share. */
export function depthRows(depths: readonly number[], N: number): string[] {
  return Array.from({ length: N }, (_, d) => {
    const share = depths.filter((depth) => depth === d + 1).length / Math.max(1, depths.length);
    return `depth ${d + 1}  ${"█".repeat(Math.round(40 * share)).padEnd(40, "·")}  ${(100 * share).toFixed(0)} %`;
  });
}

/** Shares of FLOPs that early exits save, relative to all tokens running every recursion. */
export interface Saved {
  /** Of the recursions. */
  readonly block: number;
  /** Of all layers. */
  readonly model: number;
}

/** FLOPs saved over a sequence, by the paper's count (arXiv 2507.10524, appendix). */
export function savedWork(config: DecoderConfig, { recursions }: Pick<DecoderResult, "recursions">): Saved {
  const T = recursions[0].active.length;
  const active = recursions.map(({ active }) => active.reduce((sum, ran) => sum + ran, 0) / T);
  const flops = (fractions: readonly number[]) => account(config, T, fractions).flopsPerToken;
  const [none, some, all] = [flops(active.map(() => 0)), flops(active), flops(active.map(() => 1))];
  return { block: (all - some) / (all - none), model: (all - some) / all };
}

/** Depths, rate and savings in sentences. */
export function storySummary({ depths, seconds }: Story, { block, model }: Saved): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const rate = (depths.length / seconds).toPrecision(3);
  return [
    `${counted(depths.length, "token")} in ${seconds.toFixed(1)} s, ${rate} tokens/s.`,
    `Leaving early skipped ${percent(block)} of the recursions' FLOPs, ${percent(model)} of those of all layers.`,
  ];
}
