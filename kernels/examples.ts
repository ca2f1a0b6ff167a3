/**
 * Every shader the kernels can produce: each operation's example calls, planned for each kind of adapter.
 *
 * @module
 */
import type { AnyOp, Tensor } from "../src/op/op.ts";
import { type OpName, vocabulary } from "../src/ops/vocabulary.ts";
import { type Adapter, PORTABLE } from "./host/adapter.ts";
import { attentionGrad } from "./examples/attention_grad.ts";
import { blocks } from "./examples/blocks.ts";
import { blocksGrad } from "./examples/blocks_grad.ts";
import type { Calls } from "./examples/call.ts";
import { distillation } from "./examples/distillation.ts";
import { engine } from "./examples/engine.ts";
import { heads } from "./examples/heads.ts";
import { lossesGrad } from "./examples/losses_grad.ts";
import { routing } from "./examples/routing.ts";
import { routingGrad } from "./examples/routing_grad.ts";
import { training } from "./examples/training.ts";
import { weightsGrad } from "./examples/weights_grad.ts";
import { kernels } from "./kernels.ts";
import { bindingsOf, writeModule } from "./host/module.ts";

/** One complete shader module. */
export interface Example {
  /** The kernel's label, the operation and the adapter it is for. */
  readonly name: string;
  /** WGSL as Tint reads it. */
  readonly wgsl: string;
  /** Values of its overrides. */
  readonly constants: Record<string, number>;
}

/** A new operation without example calls does not compile. */
const calls = {
  ...lossesGrad,
  ...blocks,
  ...blocksGrad,
  ...routing,
  ...routingGrad,
  ...weightsGrad,
  ...heads,
  ...engine,
  ...attentionGrad,
  ...training,
  ...distillation,
} satisfies { [Name in OpName]: Calls<(typeof vocabulary)[Name]> };

const everything = { features: new Set(["shader-f16", "subgroups"]), subgroupMinSize: 8 };

const adapters: Readonly<Record<string, Adapter>> = {
  "cpu": { ...PORTABLE, family: "cpu" },
  "cpu, all features": { ...PORTABLE, ...everything, family: "cpu" },
  "gpu": PORTABLE,
  "gpu, all features": { ...PORTABLE, ...everything, subgroupMinSize: 32 },
};

/** Every different shader of every kernel, in the dialect of Tint. */
export function* examples(): Generator<Example> {
  const seen = new Set<string>();
  for (const [kind, adapter] of Object.entries(adapters)) {
    for (const [name, op] of Object.entries<AnyOp>(vocabulary)) {
      for (const { inputs, params } of calls[name as OpName]) {
        for (const { label, ...example } of plan(op, inputs, params, adapter)) {
          const key = JSON.stringify(example);
          if (seen.has(key)) continue;
          seen.add(key);
          yield { name: `${label} (${name}, ${kind})`, ...example };
        }
      }
    }
  }
}

function plan(op: AnyOp, given: Readonly<Record<string, Tensor | undefined>>, params: unknown, adapter: Adapter) {
  const inputs = given as Record<string, Tensor>; // an operation knows which may be absent
  const outputs = op.infer(inputs, params);
  const call = { inputs, outputs, params, adapter };
  const kernel = kernels[op.name];
  if (kernel.fuses?.(call) === false) return []; // runs in its parts
  return kernel(call).map((dispatch) => ({
    label: dispatch.label,
    wgsl: writeModule(dispatch, bindingsOf({ op, inputs, outputs }), adapter.dialect),
    constants: { ...dispatch.constants, ...dispatch.floats },
  }));
}
