/**
 * Variants side by side: each has its engine, and they take turns.
 *
 * @module
 */
import { engineLayout, pageBytes } from "../../src/infer/engine/kv_layout.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import type { GpuTensor, WebGpuDevice } from "../../kernels/mod.ts";
import { balancedModel } from "./balanced.ts";
import type { Meter } from "./meter.ts";
import type { Lengths, Variant } from "./shapes.ts";
import { watch, type Window } from "./window.ts";

/** An opened variant and its measurements. */
export interface Entrant {
  readonly variant: Variant;
  readonly engine: Engine<GpuTensor>;
  /** A window a round. */
  readonly windows: Window[];
  /** Bytes reserved for keys and values of a sequence, in the recursions (or the layers that they stand for) and in all. */
  readonly reserved: { readonly block: number; readonly all: number };
}

/** Bytes reserved for each sequence of a variant. */
function reservedBy({ config, slots: S, depthCapacity }: Variant): Entrant["reserved"] {
  const layout = engineLayout(config, { S, depthCapacity });
  const [outer, ...recursions] = pageBytes(layout).map((bytes) => bytes * layout.pages / S);
  const inner = recursions.reduce((sum, bytes) => sum + bytes, 0);
  // without routing all layers are outside: those between the first and the last stand for the block
  const block = config.recursion.routing === "none" ? outer * (config.L - 2) / config.L : inner;
  return { block, all: outer + inner };
}

/** Makes models and engines; variants with one configuration share a model. */
export async function enter(
  device: WebGpuDevice,
  variants: readonly Variant[],
  lengths: Lengths,
  progress: (line: string) => void,
): Promise<Entrant[]> {
  const models = new Map<Variant["config"], DecoderModel<GpuTensor>>();
  const entrants: Entrant[] = [];
  for (const variant of variants) {
    const { name, config, params, slots, maxBatch, exitBatch, depthCapacity } = variant;
    progress(`making ${name}`);
    const make = async () =>
      params ? new DecoderModel(device, config, params) : await balancedModel(device, config, lengths);
    if (!models.has(config)) models.set(config, await make());
    const engine = await Engine.open(models.get(config)!, { slots, maxBatch, exitBatch, depthCapacity, stops: [] });
    entrants.push({ variant, engine, windows: [], reserved: reservedBy(variant) });
  }
  return entrants;
}

/** Watches all in turns: a round to warm up, whose windows are short and forgotten, then `rounds` that count. */
export async function compete(
  entrants: readonly Entrant[],
  meter: Meter,
  { lengths, tokens, rounds }: { lengths: Lengths; tokens: number; rounds: number },
  progress: (line: string) => void,
): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    for (const { variant, engine, windows } of entrants) {
      progress(`${round ? `round ${round} of ${rounds}` : "warming up"}: ${variant.name}`);
      const window = await watch(variant, engine, meter, { lengths, tokens: round ? tokens : 1 });
      if (round) windows.push(window);
    }
  }
}
