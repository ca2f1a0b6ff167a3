/**
 * Memory and programs of a new engine.
 *
 * @module
 */
import { checkOptions, number, numbers, oneOf, type OptionKinds } from "../../common/options.ts";
import type { Tensor } from "../../op/op.ts";
import type { DecoderModel } from "../decoder.ts";
import type { EngineOptions } from "./api.ts";
import { type EngineLayout, engineLayout, fittingLayout } from "./layout.ts";
import { checkEngine, logitRows, SLOTS, stopsOf } from "./options.ts";
import { freeStacked, stackRouters } from "./routers.ts";
import { EngineState } from "./state.ts";
import { Tick, type TickOptions } from "./tick.ts";
import { KEPT } from "./ticks.ts";

const KINDS: OptionKinds<EngineOptions> = {
  slots: number,
  width: number,
  patience: number,
  cacheBytes: number,
  room: oneOf(["all", "capacity"]),
  stops: numbers,
};

/** The tick of an engine with these options. Throws as `Engine.open` does. */
export async function openTick<T extends Tensor>(model: DecoderModel<T>, options: EngineOptions): Promise<Tick<T>> {
  model.check("make an engine");
  checkOptions("make an engine", options, KINDS);
  const { device: { maxTensorBytes }, config } = model;
  const { slots = 32, width = slots, patience = width, cacheBytes, room, stops = config.eos } = options;
  checkEngine(config, { slots, width, patience, cacheBytes, stops: options.stops ?? [] }, maxTensorBytes);
  const layout = engineLayout(config, { S: slots, bytes: cacheBytes, room, maxTensorBytes });
  return await tickOver(model, layout, slots, { width, patience, stops });
}

/** The tick of an engine for sequences of these numbers of tokens. Throws as `Engine.fitting` does. */
export async function fittingTick<T extends Tensor>(
  model: DecoderModel<T>,
  tokens: readonly number[],
  stops: readonly number[] = model.config.eos,
): Promise<Tick<T>> {
  const { device: { maxTensorBytes }, config } = model;
  const slots = Math.min(tokens.length, SLOTS);
  const width = Math.max(1, Math.min(slots, logitRows(config.V, maxTensorBytes)));
  const layout = fittingLayout(config, tokens.toSorted((a, b) => b - a).slice(0, slots), maxTensorBytes);
  return await tickOver(model, layout, slots, { width, patience: width, stops });
}

async function tickOver<T extends Tensor>(
  model: DecoderModel<T>,
  layout: EngineLayout,
  slots: number,
  options: TickOptions<T>,
): Promise<Tick<T>> {
  const { device, config, params: { routers, auxiliaryRouters } } = model;
  const stops = stopsOf(options.stops, config.V);
  const router = config.recursion.routing === "expert" ? stackRouters(device, routers) : routers[0];
  const auxiliary = auxiliaryRouters && stackRouters(device, auxiliaryRouters);
  try {
    const state = await EngineState.open<T>(device, config, layout, slots, KEPT);
    return new Tick<T>(model, state, { ...options, stops, router, auxiliary });
  } catch (error) {
    freeStacked(model, [router, auxiliary]);
    throw error;
  }
}
