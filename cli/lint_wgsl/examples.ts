/**
 * Every shader that the kernels can produce: each operation's examples, planned for each kind of adapter.
 *
 * @module
 */
import type { AnyOp } from "../../src/op/op.ts";
import { type OpName, vocabulary } from "../../src/ops/vocabulary.ts";
import { type Adapter, PORTABLE } from "../../kernels/host/adapter.ts";
import { bindingsOf, writeModule } from "../../kernels/host/module.ts";
import { kernelOf, loadTrainingKernels } from "../../kernels/kernels.ts";
import { callsOf, type ExampleCall } from "./calls.ts";
import { sizes } from "./sizes.ts";

await loadTrainingKernels();

/** One complete shader module. */
export interface Example {
  /** The kernel's label, the operation and the adapter it is for. */
  readonly name: string;
  /** WGSL as Tint reads it. */
  readonly wgsl: string;
  /** Values of its overrides. */
  readonly constants: Record<string, number>;
}

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
  for (const [name, op] of Object.entries<AnyOp>(vocabulary)) {
    const calls = sizes[name as OpName].flatMap((example) => [...callsOf(op, example)]);
    for (const [kind, adapter] of Object.entries(adapters)) {
      for (const { label, ...example } of calls.flatMap((call) => plan(op, call, adapter))) {
        const key = JSON.stringify(example);
        if (seen.has(key)) continue;
        seen.add(key);
        yield { name: `${label} (${name}, ${kind})`, ...example };
      }
    }
  }
}

function plan(op: AnyOp, { inputs, params }: ExampleCall, adapter: Adapter) {
  const outputs = op.infer(inputs, params);
  const call = { inputs, outputs, params, adapter };
  const kernel = kernelOf(op);
  if (kernel.fuses?.(call) === false) return []; // runs in its parts
  return kernel(call).map((dispatch) => ({
    label: dispatch.label,
    wgsl: writeModule(dispatch, bindingsOf({ op, inputs, outputs }), adapter.dialect),
    constants: { ...dispatch.constants, ...dispatch.floats },
  }));
}
