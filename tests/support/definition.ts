/**
 * The definition of generation: each token is drawn from the row before it of a forward pass over all tokens before it.
 *
 * Causal rows do not depend on later ones, so one pass over a prompt and the tokens that were drawn has all those rows.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { measureNoise } from "../../reference/mod.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { type GenerateOptions, samplingOf } from "../../src/infer/generate_options.ts";
import { packRows } from "../../src/model/batch.ts";
import { decode, headLogits } from "../../src/model/decoder.ts";
import { type Device, hostIndices, type HostTensor, hostTensor } from "../../src/op/device.ts";
import type { Tensor } from "../../src/op/op.ts";
import { crossEntropy } from "../../src/ops/losses.ts";
import { gather } from "../../src/ops/rows.ts";
import { sample, samplingRow } from "../../src/ops/sample.ts";

/** A prompt and its options. */
export interface Asked {
  /** Ids. */
  readonly prompt: readonly number[];
  /** How it is continued. */
  readonly options: GenerateOptions;
}

/** A token: id, depth, log-probability, score. */
export type Token = readonly [id: number, depth: number, logProb: number, score: number];

/** How often each token was there before each of the rows from the end of the prompt on, [rows, V]. */
function countsOf(text: readonly number[], first: number, V: number): HostTensor {
  const counts = new Int32Array((text.length - first) * V);
  for (let t = first; t < text.length; t++) {
    for (const id of text.slice(0, t + 1)) counts[(t - first) * V + id]++;
  }
  return hostIndices(counts, [text.length - first, V]);
}

/** Depth and score of every row: recursions that it ran, and the router output of the last one. */
function depthsOf(named: Readonly<Record<string, HostTensor>>, M: number) {
  const depths = new Array(M).fill(0), scores = new Array(M).fill(0);
  for (let r = 0; named[`offsets.${r}`]; r++) {
    for (let s = 0; s < named[`offsets.${r}`].data[1]; s++) {
      const m = named[`rows.${r}`]?.data[s] ?? s;
      depths[m] = r + 1;
      scores[m] = named[`entered.${r}`]?.data[s] ?? scores[m];
    }
  }
  return depths.map((depth, m) => ({ depth: Math.max(1, depth), score: scores[m] }));
}

/** Ids drawn from all rows from the end of the prompt on, with log-probabilities, depths and scores; losses of `got`. */
async function definition(
  { device, params, config, tables }: DecoderModel,
  { prompt, options }: Asked,
  got: readonly number[],
) {
  const text = [...prompt, ...got], first = prompt.length - 1, rows = text.length - first;
  const made: Tensor[] = [];
  const from = (host: HostTensor) => (made.push(device.from(host)), made.at(-1)!);
  const { ids, positions, offsets } = packRows([text], config);
  const inputs = { ids: from(ids), positions: from(positions), offsets: from(offsets) };
  const table = tables.upTo(text.length), { maxDepth, seed = 0 } = options;
  const { hidden, recursions } = decode(device, params, config, { ...inputs, table, maxDepth });
  const range = Array.from({ length: rows }, (_, i) => first + i);
  const logits = headLogits(device, params, gather(device, hidden, from(hostIndices(range))));
  const sampling = hostTensor([rows, 5], range.flatMap(() => samplingRow(samplingOf(options))));
  const drawn = sample(device, {
    logits,
    options: from(sampling),
    seeds: from(hostIndices(range.map(() => seed))),
    counters: from(hostIndices(range.map((row) => row + 1))),
    seen: from(countsOf(text, first, config.V)),
  });
  const nll = crossEntropy(device, logits, from(hostIndices([...got, -100])));
  const named: Record<string, Tensor> = { ...drawn, nll };
  recursions.forEach(({ active, entered }, r) => {
    named[`offsets.${r}`] = active.offsets;
    if (active.rows) named[`rows.${r}`] = active.rows;
    if (entered) named[`entered.${r}`] = entered;
  });
  const read = await device.read(named);
  made.forEach((tensor) => device.free(tensor));
  const at = depthsOf(read, text.length).slice(first, -1);
  return {
    ids: hostIndices(read.ids.data),
    depths: hostIndices(at.map(({ depth }) => depth)),
    logProbs: hostTensor([got.length], Float64Array.from(read.logProbs.data.subarray(0, -1))),
    losses: hostTensor([got.length], Float64Array.from(read.nll.data.subarray(0, -1))),
    scores: hostTensor([got.length], Float64Array.from(at, ({ score }) => score)),
  };
}

/** What float32 may change of log-probabilities and scores, measured. */
async function boundsOf(model: DecoderModel, asked: Asked, got: readonly number[]) {
  const weights = await model.weights();
  const compute = (device: unknown) =>
    definition(new DecoderModel(device as Device, model.config, weights), asked, got);
  return (await measureNoise(compute)).bounds;
}

/**
 * Throws unless tokens are those of the definition on a model: ids and depths equal; log-probabilities and scores equal,
 * or on other devices than the reference within what float32 explains; and the end is an end token (`stop`) or the number
 * of tokens.
 */
export async function assertDefined(
  model: DecoderModel,
  asked: Asked,
  { tokens, finish }: { readonly tokens: readonly Token[]; readonly finish: "stop" | "length" | undefined },
  exact = model.device.kind === "reference",
): Promise<void> {
  const got = tokens.map(([id]) => id), { config: { eos, maxPositions } } = model;
  const { ids, depths, logProbs, scores } = await definition(model, asked, got);
  const want = Array.from(ids.data);
  assertEquals([got, tokens.map(([, depth]) => depth)], [want.slice(0, -1), [...depths.data]]);
  const most = Math.min(asked.options.maxNewTokens ?? Infinity, maxPositions - asked.prompt.length);
  if (finish === "length") assertEquals(got.length, most);
  else assert(finish === "stop" && eos.includes(want.at(-1)!) && got.length < most, `${finish} at ${want.at(-1)}`);
  assert(!got.some((id) => eos.includes(id)), "no end token is given");
  const bounds = exact ? undefined : await boundsOf(model, asked, got);
  for (const [at, name, { data }] of [[2, "losses", logProbs], [3, "scores", scores]] as const) {
    tokens.forEach((token, i) => {
      const error = Math.abs(token[at] - data[i]), bound = bounds?.[name] ?? 0;
      assert(error <= bound, `token ${i}: ${token[at]}, expected ${data[i]} within ${bound} (${name})`);
    });
  }
}
