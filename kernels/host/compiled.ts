/**
 * Programs by the shapes of their inputs: recorded at first use, then replayed.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";
import { leavesOf, mapTree } from "../../src/op/tree.ts";
import type { Work } from "./calls.ts";
import { GpuProgram, type Planner } from "./program.ts";
import { GpuTensor, type Step } from "./tensor.ts";
import { upload } from "./upload.ts";

/** Maximum number of programs of a `compile`; the least recently used one is dropped. */
const PROGRAMS_KEPT = 64;

/** A computation to record: from a tree of tensors to another. */
export type Body = (inputs: unknown) => unknown;

/** Records the operations of a body. */
export type Recorder = <R>(body: () => R) => { result: R; steps: readonly Step[] };

/** A program for fixed shapes, with its input and output tensors. */
export interface Compiled {
  /** The planned recording. */
  readonly program: GpuProgram;
  /** Inputs, in order. */
  readonly inputs: readonly GpuTensor[];
  /** Outputs, as a tree. */
  readonly outputs: unknown;
}

/** Key of inputs with the same program. */
export function keyOf(inputs: unknown): string {
  return JSON.stringify(mapTree(inputs, ({ shape, data }: HostTensor) => [shape, data instanceof Int32Array]));
}

/** A copy of inputs; undefined if the host has no memory for it. */
export function copyOf<I>(inputs: I): I | undefined {
  try {
    return mapTree(inputs, ({ shape, data }: HostTensor) => ({ shape, data: data.slice() })) as I;
  } catch {
    return undefined;
  }
}

/** The programs of one body. */
export class CompiledPrograms {
  readonly #programs = new Map<string, Compiled>();

  /** Starts without programs. */
  constructor(readonly planner: Planner, readonly body: Body, readonly record: Recorder) {}

  /** Whether there is a program for some inputs. */
  has(inputs: unknown): boolean {
    return this.#programs.get(keyOf(inputs))?.program.sound ?? false;
  }

  /** Copies inputs to their program and runs `work` on it; a failed program is removed. */
  prepare<R>(inputs: unknown, work: (compiled: Compiled) => Work<R>): Work<R> {
    const key = keyOf(inputs);
    const known = this.#programs.get(key);
    if (known && !known.program.sound) this.#forget(key, known);
    const compiled = this.#programs.get(key) ?? this.#plan(inputs);
    this.#keep(key, compiled);
    try {
      leavesOf<HostTensor>(inputs).forEach(({ data }, i) => {
        upload(this.planner.memory, compiled.inputs[i].buffer!, data);
      });
      const { uses, result } = work(compiled);
      return { uses, result, failed: () => this.#forget(key, compiled) };
    } catch (error) {
      this.#forget(key, compiled);
      throw error;
    }
  }

  #plan(hosts: unknown): Compiled {
    const placeholder = ({ shape, data }: HostTensor) =>
      new GpuTensor(shape, data instanceof Int32Array ? "i32" : "f32");
    const tree = mapTree(hosts, placeholder), inputs = leavesOf<GpuTensor>(tree);
    const { result: outputs, steps } = this.record(() => this.body(tree));
    const program = new GpuProgram(this.planner, steps, inputs, leavesOf(outputs));
    return { program, inputs, outputs };
  }

  /** Marks a program as the most recently used one, and drops the least recently used one. */
  #keep(key: string, compiled: Compiled): void {
    this.#programs.delete(key);
    this.#programs.set(key, compiled);
    if (this.#programs.size <= PROGRAMS_KEPT) return;
    const [oldest] = this.#programs.keys();
    this.#programs.get(oldest)!.program.dispose();
    this.#programs.delete(oldest);
  }

  #forget(key: string, compiled: Compiled): void {
    if (this.#programs.get(key) !== compiled) return;
    compiled.program.dispose();
    this.#programs.delete(key);
  }

  /** Drops all programs. */
  dispose(): void {
    for (const { program } of this.#programs.values()) program.dispose();
    this.#programs.clear();
  }
}
