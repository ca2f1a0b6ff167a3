/**
 * Programs by the shapes of their inputs: recorded at first use, replayed from then on.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";
import type { Work } from "./calls.ts";
import { GpuProgram, type Planner } from "./program.ts";
import { GpuTensor, type Step } from "./tensor.ts";
import { upload } from "./upload.ts";

/** Compiled programs kept per `compile`; the least recently used shapes are recorded again. */
const PROGRAMS_KEPT = 64;

/** Host tensors by name. */
export type Hosts = Readonly<Record<string, HostTensor>>;

/** What is computed, recorded on the device. */
export type Body = (inputs: Record<string, GpuTensor>) => Record<string, GpuTensor>;

/** Records what a body runs. */
export type Recorder = <R>(body: () => R) => { result: R; steps: readonly Step[] };

/** A program for known shapes, with the tensors that the host fills and reads. */
export interface Compiled {
  /** What is replayed. */
  readonly program: GpuProgram;
  /** What the host fills. */
  readonly inputs: Record<string, GpuTensor>;
  /** What the host reads. */
  readonly outputs: Record<string, GpuTensor>;
}

/** What programs for the same inputs have in common. */
function keyOf(inputs: Hosts): string {
  return JSON.stringify(
    Object.entries(inputs).map(([name, { shape, data }]) => [name, shape, data instanceof Int32Array]),
  );
}

/** A copy of inputs; undefined where the host has no memory for it. */
export function copyOf(inputs: Hosts): Hosts | undefined {
  try {
    const copies = Object.entries(inputs).map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]);
    return Object.fromEntries(copies);
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
  has(inputs: Hosts): boolean {
    return this.#programs.get(keyOf(inputs))?.program.sound ?? false;
  }

  /** Copies inputs to their program and runs `work` on it; a failed program is removed. */
  prepare<R>(inputs: Hosts, work: (compiled: Compiled) => Work<R>): Work<R> {
    const key = keyOf(inputs);
    const known = this.#programs.get(key);
    if (known && !known.program.sound) this.#forget(key, known);
    const compiled = this.#programs.get(key) ?? this.#plan(inputs);
    this.#keep(key, compiled);
    try {
      for (const [name, { data }] of Object.entries(inputs)) {
        upload(this.planner.memory, compiled.inputs[name].buffer!, data);
      }
      const { uses, result } = work(compiled);
      return { uses, result, failed: () => this.#forget(key, compiled) };
    } catch (error) {
      this.#forget(key, compiled);
      throw error;
    }
  }

  #plan(hosts: Hosts): Compiled {
    const placeholder = ({ shape, data }: HostTensor) =>
      new GpuTensor(shape, data instanceof Int32Array ? "i32" : "f32");
    const inputs = Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, placeholder(host)]));
    const { result: outputs, steps } = this.record(() => this.body(inputs));
    const program = new GpuProgram(this.planner, steps, Object.values(inputs), Object.values(outputs));
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
