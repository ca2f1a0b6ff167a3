/**
 * Planning one call of an operation for an adapter of some kind.
 *
 * @module
 */
import { dtypeOf, type HostTensor } from "../../src/op/device.ts";
import { type AnyOp, type Backend, type Inputs, type Op, type Outputs, sizeOf, type Tensor } from "../../src/op/op.ts";
import type { Adapter } from "../../kernels/host/adapter.ts";
import type { AnyKernel, Dispatch } from "../../kernels/host/kernel.ts";
import type { CallTensors } from "../../kernels/host/module.ts";
import { kernelOf, loadTrainingKernels } from "../../kernels/kernels.ts";

await loadTrainingKernels();

/** One call of an operation as an adapter of some kind runs it. */
export interface Call {
  /** The operation. */
  readonly op: AnyOp;
  /** Inputs by name. */
  readonly inputs: Readonly<Record<string, HostTensor | undefined>>;
  /** Parameters. */
  readonly params: unknown;
  /** Adapter limits and features that the kernel receives. */
  readonly adapter: Adapter;
  /** A kernel in place of the operation's own. */
  readonly kernel?: AnyKernel;
}

/** A tensor in a buffer of its own. */
export interface Guarded extends Tensor {
  /** The buffer, once there is one. */
  buffer?: GPUBuffer;
  /** Elements that kernels may write: whole vectors where a kernel binds it as such. */
  writable?: number;
}

/** A call as a list of kernel calls: one, or the parts of a fused operation that no kernel takes. */
export interface Planned {
  /** Calls of kernels, with the dispatches of each. */
  readonly steps: readonly (CallTensors & { readonly dispatches: readonly Dispatch[] })[];
  /** Outputs by name. */
  readonly outputs: Readonly<Record<string, Guarded>>;
  /** Inputs with their data. */
  readonly stored: readonly (readonly [Guarded, HostTensor])[];
}

/** Plans a call; throws what the operation throws for its shapes. */
export function plan({ op, inputs: hosts, params, adapter, kernel: own }: Call): Planned {
  const { name } = op;
  const steps: Planned["steps"][number][] = [];
  const backend: Backend<Guarded> = {
    run<I extends string, O extends string, P>(op: Op<I, O, P>, inputs: Inputs<I, Guarded>, params: P) {
      const outputs: Record<string, Guarded> = {};
      for (const [name, { shape, dtype }] of Object.entries<Tensor>(op.infer(inputs, params))) {
        outputs[name] = (inputs as Record<string, Guarded>)[name] ?? { shape, dtype }; // an output named as an input is that
      }
      const call = { inputs, outputs, params, adapter };
      const kernel = op.name === name && own ? own : kernelOf(op);
      if (op.compose && !kernel.fuses?.(call)) return op.compose(backend, inputs, params);
      const dispatches = kernel(call).filter(({ workgroups }) => workgroups.every((groups) => groups > 0));
      for (const [name, tensor] of Object.entries(outputs)) {
        const vectors = dispatches.some(({ elements }) => elements?.[name]?.startsWith("vec4"));
        const size = sizeOf(tensor.shape);
        tensor.writable = Math.max(tensor.writable ?? 0, vectors ? Math.ceil(size / 4) * 4 : size);
      }
      steps.push({ op, inputs, outputs, dispatches });
      return outputs as Outputs<O, Guarded>;
    },
  };
  const stored = Object.entries(hosts).flatMap(([name, host]) =>
    host ? [[name, { shape: host.shape, dtype: dtypeOf(host) }, host] as const] : []
  );
  const inputs = Object.fromEntries(stored.map(([name, tensor]) => [name, tensor]));
  const outputs = backend.run(op, inputs as never, params);
  return { steps, outputs, stored: stored.map(([, tensor, host]) => [tensor, host]) };
}

/** Labels of the dispatches of a call, in order. */
export function labelsOf(call: Call): string[] {
  return plan(call).steps.flatMap(({ dispatches }) => dispatches.map(({ label }) => label));
}
