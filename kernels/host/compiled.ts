/**
 * Programs by the shapes of their inputs: recorded at first use, replayed from then on.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";
import { leavesOf, mapTree } from "../../src/op/tree.ts";
import type { Work } from "./calls.ts";
import { GpuProgram, type Planner } from "./program.ts";
import { GpuTensor, type Step } from "./tensor.ts";
import { upload } from "./upload.ts";

/** Compiled programs kept per `compile`; the least recently used shapes are recorded again. */
const PROGRAMS_KEPT = 64;

/** What is computed, recorded on the device: from a tree of tensors to another. */
export type Body = (inputs: unknown) => unknown;

/** Records what a body runs. */
export type Recorder = <R>(body: () => R) => { result: R; steps: readonly Step[] };

/** A program for known shapes, with the tensors that the host fills and reads. */
export interface Compiled {
  /** What is replayed. */
  readonly program: GpuProgram;
  /** What the host fills, in order. */
  readonly inputs: readonly GpuTensor[];
  /** What the host reads, as a tree. */
  readonly outputs: unknown;
}

/** What programs for the same inputs have in common. */
function keyOf(inputs: unknown): string {
  return JSON.stringify(mapTree(inputs, ({ shape, data }: HostTensor) => [shape, data instanceof Int32Array]));
}

/** A copy of inputs; undefined where the host has no memory for it. */
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

  /** None yet. */
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

  /** Puts a program where the last one used is, and forgets the one that was used least recently. */
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

  /** Forgets all of them. */
  dispose(): void {
    for (const { program } of this.#programs.values()) program.dispose();
    this.#programs.clear();
  }
}
