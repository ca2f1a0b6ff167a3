/**
 * Random models whose routers send tokens as deep as their capacities say.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";
import type { DecoderConfig } from "../../src/model/config/config.ts";
import { type DecoderParams, decoderSchema } from "../../src/model/decoder_schema.ts";
import { initialize } from "../../src/model/init.ts";
import { capacities } from "../../src/model/config/sharing.ts";
import { uniforms } from "../../src/common/random.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import type { GpuTensor, WebGpuDevice } from "../../kernels/mod.ts";
import type { Lengths } from "./shapes.ts";

/** Sequences on which routers are adjusted. */
const SEQUENCES = 12;

/** Ids drawn evenly from a vocabulary. */
export function randomIds(seed: number, count: number, V: number): number[] {
  const uniform = uniforms(seed);
  return Array.from({ length: count }, () => Math.floor(V * uniform()));
}

/**
 * Keeps one coordinate of the stream from everything but the gates: 1 in every embedding, and no layer writes it. A
 * router's weight on it is then a threshold.
 */
function keepConstant({ embedding, layers }: DecoderParams<HostTensor>, { D, H, K, F }: DecoderConfig): void {
  for (let at = 0; at < embedding.data.length; at += D) embedding.data[at] = 1;
  for (const { out, mlp } of layers) {
    out.data.fill(0, 0, H * K);
    mlp.down.data.fill(0, 0, F);
  }
}

/**
 * A random model; the routers of an expert-choice one are adjusted, one recursion after the other, to its capacities among
 * the tokens after prompts.
 */
export async function balancedModel(
  device: WebGpuDevice,
  config: DecoderConfig,
  { prompt, output: [mean] }: Lengths,
): Promise<DecoderModel<GpuTensor>> {
  const params = initialize<DecoderParams<HostTensor>>(decoderSchema(config), 1);
  keepConstant(params, config);
  for (const { out } of params.routers) out.data[0] = 0;
  const T = prompt + mean;
  const sequences = Array.from({ length: SEQUENCES }, (_, i) => randomIds(i, T, config.V));
  for (let r = 1; r < params.routers.length; r++) {
    const model = new DecoderModel(device, config, params);
    const { recursions } = await model.forward(sequences);
    const scores = recursions.map(({ scores }) => scores!.filter((_, row) => row % T >= prompt));
    params.routers[r].out.data[0] = thresholdOf(config, r, scores);
    model.dispose();
  }
  return new DecoderModel(device, config, params);
}

/** The weight on the constant coordinate with which as many candidates enter recursion r as its capacity has of theirs. */
function thresholdOf(config: DecoderConfig, r: number, scores: readonly ArrayLike<number>[]): number {
  const { alpha } = config.recursion;
  const wanted: number[] = [];
  for (let row = 0; row < scores[r].length; row++) {
    const z = scores[r][row];
    if (Number.isNaN(z)) continue;
    let constant = 1; // what the gates of the recursions before have made of it
    for (let q = 0; q < r; q++) constant *= 1 + alpha / (1 + Math.exp(-scores[q][row]));
    wanted.push(-z / constant);
  }
  const kept = capacities(config.recursion)[r] / capacities(config.recursion)[r - 1];
  return wanted.sort((a, b) => a - b)[Math.min(wanted.length - 1, Math.floor(kept * wanted.length))];
}
