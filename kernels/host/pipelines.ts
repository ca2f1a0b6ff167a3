/**
 * A cache of pipelines by module text and constants.
 *
 * @module
 */
import type { Dialect } from "./adapter.ts";
import { COMPUTE_STAGE } from "./gpu_flags.ts";
import type { Dispatch } from "./kernel.ts";
import { type Binding, usedBindings, writeModule } from "./module.ts";

/** A pipeline and the layout of its bind groups. */
export interface Pipeline {
  /** The compiled pipeline. */
  readonly pipeline: GPUComputePipeline;
  /** Layout: the used tensors in order, then the sizes. */
  readonly layout: GPUBindGroupLayout;
}

/** Compiles each pipeline once. */
export class PipelineCache {
  readonly #pipelines = new Map<string, Pipeline>();
  #made: string[] = [];

  /** Makes an empty cache over a device that reads the given dialect. */
  constructor(readonly device: GPUDevice, readonly dialect: Dialect) {}

  /** Complete WGSL modules made so far. */
  get modules(): string[] {
    return [...this.#pipelines.keys()];
  }

  /** The pipeline of a dispatch; compiles it at first use. */
  get(dispatch: Dispatch, bindings: readonly Binding[]): Pipeline {
    const code = writeModule(dispatch, bindings, this.dialect);
    const constants = { ...dispatch.constants, ...dispatch.floats };
    const key = `// ${dispatch.label} ${JSON.stringify(constants)}\n${code}`;
    let found = this.#pipelines.get(key);
    if (found) return found;
    this.#pipelines.set(key, found = this.#make(dispatch, bindings, code, constants));
    this.#made.push(key);
    return found;
  }

  /** Runs a part of a call, and adds the modules that it compiles to a list. */
  account<R>(made: string[], part: () => R): R {
    const outer = this.#made;
    this.#made = made;
    try {
      return part();
    } finally {
      this.#made = outer;
    }
  }

  /** Drops modules; they are compiled again at next use. */
  forget(modules: readonly string[]): void {
    for (const key of modules) this.#pipelines.delete(key);
  }

  #make(
    dispatch: Dispatch,
    bindings: readonly Binding[],
    code: string,
    constants: Record<string, number>,
  ): Pipeline {
    const { device } = this;
    const used = usedBindings(dispatch, bindings);
    const entry = (type: GPUBufferBindingType, binding: number): GPUBindGroupLayoutEntry => ({
      binding,
      visibility: COMPUTE_STAGE,
      buffer: { type },
    });
    const entries = used.map(({ writable }, index) => entry(writable ? "storage" : "read-only-storage", index));
    if (dispatch.sizes) entries.push(entry("uniform", used.length));
    const layout = device.createBindGroupLayout({ entries, label: dispatch.label });
    const pipeline = device.createComputePipeline({
      label: dispatch.label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ code, label: dispatch.label }), entryPoint: "main", constants },
    });
    return { pipeline, layout };
  }
}
