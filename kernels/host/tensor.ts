/**
 * Tensors of the WebGPU backend: handles to buffers that exist, or that planning assigns.
 *
 * @module
 */
import type { AnyOp, DType, Shape, Tensor } from "../../src/op/op.ts";
import { bytesOf } from "../../src/op/op.ts";

/** Failure of started work. */
export interface Missed {
  /** Reason. */
  readonly reason: string;
  /** Whether a call has thrown it. */
  told: boolean;
}

/** A handle to data on the GPU. */
export class GpuTensor implements Tensor {
  /** Buffer; set by `from` for persistent tensors, by planning for others. */
  buffer?: GPUBuffer;
  /** Reason of a failed allocation. */
  fault?: string;
  /** A failed update in place, until a call that reads the tensor throws it. */
  missed?: Missed;
  #expired = false;

  /** Makes a handle; `persistent` tensors keep their buffer until freed. A tensor of `parts` has no buffer of its own. */
  constructor(
    readonly shape: Shape,
    readonly dtype: DType,
    readonly persistent = false,
    readonly parts?: readonly GpuTensor[],
  ) {}

  /** Size in bytes. */
  get bytes(): number {
    return bytesOf(this);
  }

  /** True after the recording of this tensor has run: its buffer may be reused. */
  get expired(): boolean {
    return this.parts ? this.parts.some(({ expired }) => expired) : this.#expired;
  }

  set expired(expired: boolean) {
    this.#expired = expired;
  }
}

/** One recorded operation: the flat list of these is the intermediate form, and can be printed. */
export interface Step {
  /** The operation. */
  readonly op: AnyOp;
  /** Its inputs; absent optional ones are undefined. */
  readonly inputs: Readonly<Record<string, GpuTensor | undefined>>;
  /** Its outputs. */
  readonly outputs: Readonly<Record<string, GpuTensor>>;
  /** Its parameters. */
  readonly params: unknown;
}

/** Prints a recording, a line a step. */
export function printSteps(steps: readonly Step[]): string {
  const numbers = new Map<GpuTensor, number>();
  const name = (tensor: GpuTensor) => {
    if (!numbers.has(tensor)) numbers.set(tensor, numbers.size);
    return `%${numbers.get(tensor)}[${tensor.shape}]`;
  };
  const list = (tensors: Step["inputs"]) =>
    Object.entries(tensors).flatMap(([key, tensor]) => tensor ? [`${key}=${name(tensor)}`] : []).join(" ");
  return steps.map(({ op, inputs, outputs, params }) =>
    `${list(outputs)} <- ${op.name}(${list(inputs)}) ${JSON.stringify(params)}`
  ).join("\n");
}

/** Throws for a named tensor whose buffer may be reused. */
export function refuseExpired(action: string, tensors: Readonly<Record<string, GpuTensor | undefined>>): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor?.expired) {
      throw new RangeError(`Cannot ${action}: ${name} [${tensor.shape}] was freed by an earlier read or free`);
    }
  }
}
