/**
 * The dispatches of recorded steps.
 *
 * @module
 */
import { kernelOf } from "../kernels.ts";
import type { Adapter } from "./adapter.ts";
import type { Dispatch } from "./kernel.ts";
import { type Binding, bindingsOf } from "./module.ts";
import type { GpuTensor, Step } from "./tensor.ts";

/** A dispatch with the tensors that it may bind. */
export interface Planned {
  /** The dispatch. */
  readonly dispatch: Dispatch;
  /** Tensors of its call. */
  readonly bindings: readonly Binding[];
}

/** The dispatches of steps in order, without those of no work group. */
export function planned(steps: readonly Step[], adapter: Adapter): Planned[] {
  return steps.flatMap((step) => {
    const bindings = bindingsOf(step);
    return planStep(step, adapter).map((dispatch) => ({ dispatch, bindings }));
  }).filter(({ dispatch }) => dispatch.workgroups.every((groups) => groups > 0));
}

function planStep({ op, inputs, outputs, params }: Step, adapter: Adapter): readonly Dispatch[] {
  const dispatches = kernelOf(op)({ inputs: inputs as Record<string, GpuTensor>, outputs, params, adapter });
  for (const { label, workgroups } of dispatches) {
    if (workgroups.some((groups) => groups > 65535)) {
      throw new RangeError(
        `Cannot apply ${op.name}: ${label} needs ${workgroups} work groups, 65535 an axis is the most`,
      );
    }
  }
  return dispatches;
}
