/**
 * Recording of operations as steps.
 *
 * @module
 */
import type { Backend, Inputs, Op, Outputs, Tensor } from "../../src/op/op.ts";
import { kernelOf } from "../kernels.ts";
import type { Adapter } from "./adapter.ts";
import { haveParts, runParts } from "./parts.ts";
import { GpuTensor, refuseExpired, type Step } from "./tensor.ts";

/** Adds the steps of one operation; throws a RangeError when shapes do not fit or a tensor is gone. */
export function record<I extends string, O extends string, P>(
  backend: Backend<GpuTensor>,
  adapter: Adapter,
  steps: Step[],
  [op, inputs, params]: [op: Op<I, O, P>, inputs: Inputs<I, GpuTensor>, params: P],
): Outputs<O, GpuTensor> {
  refuseExpired(`apply ${op.name}`, inputs);
  const specs = op.infer(inputs, params);
  const whole = { inputs, outputs: specs, params, adapter };
  if (op.compose && (haveParts(inputs) || !kernelOf(op).fuses?.(whole))) return op.compose(backend, inputs, params);
  const computed = runParts(backend, op, whole, adapter.maxBindingBytes);
  if (computed) return computed;
  const make = ([name, { shape, dtype }]: [string, Tensor]) => [name, new GpuTensor(shape, dtype)];
  const outputs = Object.fromEntries(Object.entries<Tensor>(specs).map(make));
  steps.push({ op, inputs: inputs as Step["inputs"], outputs, params });
  return outputs;
}
