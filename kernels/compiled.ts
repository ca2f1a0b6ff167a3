/**
 * Programs by the shapes of their inputs.
 *
 * @module
 */
import type { GpuProgram } from "./program.ts";
import type { GpuTensor } from "./tensor.ts";

/** Compiled programs kept per `compile`; the least recently used shapes are recorded again. */
const PROGRAMS_KEPT = 64;

/** A program for known shapes, with the tensors that the host fills and reads. */
export interface Compiled {
  /** What is replayed. */
  readonly program: GpuProgram;
  /** What the host fills. */
  readonly inputs: Record<string, GpuTensor>;
  /** What the host reads. */
  readonly outputs: Record<string, GpuTensor>;
}

/** Puts a program where the last one used is, and forgets the one that was used least recently. */
export function keepRecent(programs: Map<string, Compiled>, key: string, compiled: Compiled): void {
  programs.delete(key);
  programs.set(key, compiled);
  if (programs.size <= PROGRAMS_KEPT) return;
  const [oldest] = programs.keys();
  programs.get(oldest)!.program.dispose();
  programs.delete(oldest);
}
