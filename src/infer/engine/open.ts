/**
 * Memory and programs of a new engine.
 *
 * @module
 */
import { checkOptions, number, numbers, oneOf, type OptionKinds } from "../../common/options.ts";
import type { Tensor } from "../../op/op.ts";
import type { DecoderModel } from "../decoder.ts";
import type { EngineOptions } from "./api.ts";
import { type EngineLayout, engineLayout, fittingLayout } from "./kv_layout.ts";
import { checkEngine, logitRows, SLOTS, stopsOf } from "./options.ts";
import { freeStacked, stackRouters } from "./routers.ts";
import { EngineState } from "./state.ts";
import { EngineStep, type StepOptions } from "./engine_step.ts";
import { KEPT } from "./delivery.ts";

const KINDS: OptionKinds<EngineOptions> = {
  slots: number,
  maxBatch: number,
  exitBatch: number,
  cacheBytes: number,
  depthCapacity: oneOf(["all", "capacity"]),
  stops: numbers,
};

/** The step of an engine with these options. Throws as `Engine.open` does. */
export async function openStep<T extends Tensor>(
  model: DecoderModel<T>,
  options: EngineOptions,
): Promise<EngineStep<T>> {
  model.check("make an engine");
  checkOptions("make an engine", options, KINDS);
  const { device: { maxTensorBytes }, config } = model;
  const { slots = 32, maxBatch = slots, exitBatch = maxBatch, cacheBytes, depthCapacity, stops = config.eos } = options;
  checkEngine(config, { slots, maxBatch, exitBatch, cacheBytes, stops: options.stops ?? [] }, maxTensorBytes);
  const layout = engineLayout(config, { S: slots, bytes: cacheBytes, depthCapacity, maxTensorBytes });
  return await stepOver(model, layout, slots, { maxBatch, exitBatch, stops });
}

/** The step of an engine for sequences of these numbers of tokens. Throws as `Engine.fitting` does. */
export async function fittingStep<T extends Tensor>(
  model: DecoderModel<T>,
  tokens: readonly number[],
  stops: readonly number[] = model.config.eos,
): Promise<EngineStep<T>> {
  const { device: { maxTensorBytes }, config } = model;
  const slots = Math.min(tokens.length, SLOTS);
  const maxBatch = Math.max(1, Math.min(slots, logitRows(config.V, maxTensorBytes)));
  const layout = fittingLayout(config, tokens.toSorted((a, b) => b - a).slice(0, slots), maxTensorBytes);
  return await stepOver(model, layout, slots, { maxBatch, exitBatch: maxBatch, stops });
}

async function stepOver<T extends Tensor>(
  model: DecoderModel<T>,
  layout: EngineLayout,
  slots: number,
  options: StepOptions<T>,
): Promise<EngineStep<T>> {
  const { device, config, params: { routers, auxiliaryRouters } } = model;
  const stops = stopsOf(options.stops, config.V);
  const router = config.recursion.routing === "expert" ? stackRouters(device, routers) : routers[0];
  const auxiliary = auxiliaryRouters && stackRouters(device, auxiliaryRouters);
  try {
    const state = await EngineState.open<T>(device, config, layout, slots, KEPT);
    return new EngineStep<T>(model, state, { ...options, stops, router, auxiliary });
  } catch (error) {
    freeStacked(model, [router, auxiliary]);
    throw error;
  }
}
