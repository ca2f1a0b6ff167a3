/**
 * A cache of pipelines by module text and constants.
 *
 * @module
 */
import type { Dialect } from "./adapter.ts";
import { COMPUTE_STAGE } from "./gpu_flags.ts";
import type { Dispatch } from "./kernel.ts";
import { type Binding, usedBindings, writeModule } from "./module.ts";
import { inScopes } from "./scopes.ts";

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
  readonly #warming = new Set<string>();
  #made: string[] = [];

  /** Makes an empty cache over a device that reads the given dialect. */
  constructor(readonly device: GPUDevice, readonly dialect: Dialect) {}

  /** Complete WGSL modules made so far. */
  get modules(): string[] {
    return [...this.#pipelines.keys()];
  }

  /** The pipeline of a dispatch; compiles it at first use. */
  get(dispatch: Dispatch, bindings: readonly Binding[]): Pipeline {
    const { code, constants, key } = this.#describe(dispatch, bindings);
    let found = this.#pipelines.get(key);
    if (found) return found;
    const [descriptor, layout] = this.#prepare(dispatch, bindings, code, constants);
    this.#pipelines.set(key, found = { pipeline: this.device.createComputePipeline(descriptor), layout });
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

  /**
   * Compiles the pipeline of a dispatch beside others, for a later {@link PipelineCache.get}; undefined if it is there, or
   * is being compiled.
   */
  warm(dispatch: Dispatch, bindings: readonly Binding[]): Promise<void> | undefined {
    const { code, constants, key } = this.#describe(dispatch, bindings);
    if (this.#pipelines.has(key) || this.#warming.has(key)) return undefined;
    const compile = async () => {
      const { value: [descriptor, layout], error } = inScopes(
        this.device,
        () => this.#prepare(dispatch, bindings, code, constants),
      );
      const fault = await error;
      if (fault) throw new Error(`Cannot compile ${dispatch.label}: ${fault.message}`);
      const pipeline = await this.device.createComputePipelineAsync(descriptor);
      if (!this.#pipelines.has(key)) this.#pipelines.set(key, { pipeline, layout });
    };
    const done = compile().finally(() => this.#warming.delete(key));
    this.#warming.add(key);
    return done;
  }

  #describe(dispatch: Dispatch, bindings: readonly Binding[]) {
    const code = writeModule(dispatch, bindings, this.dialect);
    const constants = { ...dispatch.constants, ...dispatch.floats };
    return { code, constants, key: `// ${dispatch.label} ${JSON.stringify(constants)}\n${code}` };
  }

  #prepare(
    dispatch: Dispatch,
    bindings: readonly Binding[],
    code: string,
    constants: Record<string, number>,
  ): [GPUComputePipelineDescriptor, GPUBindGroupLayout] {
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
    return [{
      label: dispatch.label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ code, label: dispatch.label }), entryPoint: "main", constants },
    }, layout];
  }
}
