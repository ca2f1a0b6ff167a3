/**
 * Admission of requests on the device: rows of the table of slots, prompts in parts, first tokens.
 *
 * @module
 */
import {
  hostIndices,
  type HostTensor,
  hostTensor,
  type HostTensors,
  hostZeros,
  type Program,
} from "../../op/device.ts";
import { decode, type DecoderInputs, type DecoderOutputs } from "../../model/decoder.ts";
import type { DecoderParams } from "../../model/decoder_schema.ts";
import type { Tensor } from "../../op/op.ts";
import { cacheWrite } from "../../ops/cache.ts";
import { advanceLengths } from "../../ops/commit_tokens.ts";
import { SLOT, STAGE } from "../../ops/slots.ts";
import type { PageRange } from "./kv_allocator.ts";
import type { EngineState } from "./state.ts";
import type { EngineStep } from "./engine_step.ts";

/** Rows of prompts that are run at a time, of all sequences together. */
export const PROMPT_ROWS = 128;

/** Row of an admitted request in the table of slots. */
export interface SlotEntry {
  /** The slot. */
  readonly slot: number;
  /** Tokens of the sequence at most. */
  readonly limit: number;
  /** Recursions at most. */
  readonly maxDepth?: number;
  /** Seed of the random numbers. */
  readonly seed: number;
  /** Its pages of the KV caches. */
  readonly range: PageRange;
  /** Row of `sample`'s options. */
  readonly sampling: readonly number[];
  /** Ids of the prompt, where a repetition penalty counts tokens. */
  readonly counted?: readonly number[];
}

/** Consecutive tokens of a prompt. */
export interface PromptPart {
  /** The slot. */
  readonly slot: number;
  /** Position of the first. */
  readonly from: number;
  /** The tokens. */
  readonly ids: readonly number[];
}

/** Rows of prompts: those of slot s are [offsets[s], offsets[s+1]). */
type PromptRows<T> = Pick<DecoderInputs<T>, "ids" | "positions" | "offsets">;

/** A forward pass over rows of prompts that writes their keys and values into the caches of their slots. */
export function decodeCached<T extends Tensor>(
  params: DecoderParams<T>,
  state: EngineState<T>,
  inputs: PromptRows<T> & Pick<DecoderInputs<T>, "table" | "maxDepth">,
): DecoderOutputs<T> {
  const { device, config, slots, layout } = state;
  const outputs = decode(device, params, config, { ...inputs, cache: state.prompts() });
  advanceLengths(device, { slots, offsets: inputs.offsets }, SLOT.length);
  outputs.recursions.slice(0, layout.share ? 1 : undefined).forEach(({ active: { offsets } }, r) => {
    advanceLengths(device, { slots, offsets }, SLOT.rows + r);
  });
  return outputs;
}

/** Programs that fill slots. */
export class Prefill<T extends Tensor = Tensor> {
  readonly #admit: Program<HostTensors<"rows" | "kept" | "slots" | "options">, HostTensors<never>>;
  readonly #count: Program<HostTensors<"counts" | "place">, HostTensors<never>>;
  readonly #enter: Program<HostTensors<"ids" | "rows" | "kept">, HostTensors<never>>;
  readonly #prompts = new Map<number, Program<HostTensors<"ids" | "positions" | "offsets">, HostTensors<never>>>();

  /** For the slots of a step. */
  constructor(readonly step: EngineStep<T>) {
    const { state, state: { device } } = step;
    this.#admit = device.compile(({ rows, kept: offsets, slots, options }) => {
      cacheWrite(device, { cache: state.slots, x: slots, rows, offsets });
      cacheWrite(device, { cache: state.options, x: options, rows, offsets });
      return {};
    });
    this.#count = device.compile(({ counts, place }) => {
      cacheWrite(device, { cache: state.seen!, x: counts, rows: place });
      return {};
    });
    this.#enter = device.compile(({ ids, ...list }) => {
      step.enter(ids, list);
      return {};
    });
  }

  /** Slots as a list. */
  #list(slots: readonly number[]): { rows: HostTensor; kept: HostTensor } {
    const rows = new Int32Array(this.step.state.S);
    rows.set(slots);
    return { rows: hostIndices(rows), kept: hostIndices([0, slots.length]) };
  }

  /** Writes the rows of admitted requests, with nothing cached, and empties the freed slots. */
  admit({ freed, admitted }: { freed: readonly number[]; admitted: readonly SlotEntry[] }): void {
    if (freed.length + admitted.length === 0) return;
    const { S, layout: { recursionRows }, config: { V } } = this.step.state;
    const N = recursionRows.length, columns = SLOT.rows + N;
    const slots = new Int32Array(S * columns), options = new Float32Array(S * 5);
    admitted.forEach(({ limit, maxDepth = N, seed, range, sampling }, i) => {
      const row = slots.subarray(i * columns, (i + 1) * columns);
      row[SLOT.stage] = STAGE.prompt;
      row[SLOT.limit] = limit;
      row[SLOT.cap] = Math.min(N, maxDepth);
      row[SLOT.seed] = seed;
      row[SLOT.firstPage] = range.first;
      row[SLOT.pages] = range.pages;
      options.set(sampling, i * 5);
    });
    this.#admit.start({
      ...this.#list([...admitted.map(({ slot }) => slot), ...freed]),
      slots: hostIndices(slots, [S, columns]),
      options: hostTensor([S, 5], options),
    });
    for (const { slot, counted } of admitted) {
      if (!counted) continue;
      const counts = hostZeros([1, V], "i32");
      for (const id of counted) counts.data[id]++;
      this.#count.start({ counts, place: hostIndices([slot]) });
    }
  }

  /** Runs parts of prompts in order of slots, `PROMPT_ROWS` ids at most, which fills the KV caches. */
  prompts(parts: readonly PromptPart[], maxDepth?: number): void {
    const { S } = this.step.state;
    const [ids, positions, offsets] = [PROMPT_ROWS, PROMPT_ROWS, S + 1].map((length) => new Int32Array(length));
    let row = 0;
    for (const { slot, from, ids: part } of parts) {
      part.forEach((id, i) => [ids[row + i], positions[row + i]] = [id, from + i]);
      row += part.length;
      offsets.fill(row, slot + 1);
    }
    this.#prompt(maxDepth).start({
      ids: hostIndices(ids),
      positions: hostIndices(positions),
      offsets: hostIndices(offsets),
    });
  }

  #prompt(maxDepth?: number): Program<HostTensors<"ids" | "positions" | "offsets">, HostTensors<never>> {
    const { state, state: { device, config }, model: { params }, table } = this.step;
    const depth = Math.min(config.recursion.N, maxDepth ?? Infinity);
    if (!this.#prompts.has(depth)) {
      const body = (rows: PromptRows<T>) => {
        decodeCached(params, state, { ...rows, table, maxDepth: depth });
        return {};
      };
      this.#prompts.set(depth, device.compile(body));
    }
    return this.#prompts.get(depth)!;
  }

  /** Starts decoding with the last ids of prompts; the tokens before them are cached. */
  enter(slots: readonly number[], last: readonly number[]): void {
    const ids = new Int32Array(this.step.state.S);
    ids.set(last);
    this.#enter.start({ ids: hostIndices(ids), ...this.#list(slots) });
  }

  /** Forgets the programs. */
  dispose(): void {
    for (const program of [this.#admit, this.#count, this.#enter, ...this.#prompts.values()]) program.dispose();
  }
}
