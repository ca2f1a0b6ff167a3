/**
 * Complete WGSL modules: bindings, sizes and overrides are generated from the operation's names, the body is the kernel's.
 *
 * @module
 */
import type { AnyOp, Tensor } from "../../src/op/op.ts";
import type { Dialect } from "./adapter.ts";
import { entryPoint } from "./grid.ts";
import type { Dispatch } from "./kernel.ts";

/** A tensor bound to a dispatch. */
export interface Binding {
  /** Name of the input or output. */
  readonly name: string;
  /** Shape and type. */
  readonly tensor: Tensor;
  /** Whether the dispatch writes it. */
  readonly writable: boolean;
}

/** A call's tensors, with data or without. */
export interface CallTensors {
  /** The operation. */
  readonly op: AnyOp;
  /** Its inputs; absent optional ones are undefined. */
  readonly inputs: Readonly<Record<string, Tensor | undefined>>;
  /** Its outputs. */
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** Inputs, then outputs; an input overwritten in place is bound once, as the output. */
export function bindingsOf({ op, inputs, outputs }: CallTensors): Binding[] {
  const written = op.outputs.map(({ name }: { name: string }) => ({ name, tensor: outputs[name], writable: true }));
  const read = op.inputs.flatMap(({ name }: { name: string }) => {
    const tensor = inputs[name];
    const overwritten = op.outputs.some((output: { name: string }) => output.name === name);
    return tensor && !overwritten ? [{ name, tensor, writable: false }] : [];
  });
  return [...read, ...written];
}

/** Keeps the bindings that a dispatch uses, in order. */
export function usedBindings({ uses }: Dispatch, bindings: readonly Binding[]): readonly Binding[] {
  return uses ? bindings.filter(({ name }) => uses.includes(name)) : bindings;
}

/** Writes the module of one dispatch: binding i is the i-th used tensor, the uniform `sizes` comes last. */
export function writeModule(dispatch: Dispatch, bindings: readonly Binding[], dialect: Dialect): string {
  const { wgsl, elements = {}, constants = {}, floats = {}, sizes = {}, enable = [] } = dispatch;
  const used = usedBindings(dispatch, bindings);
  const storage = used.map(({ name, tensor, writable }, index) => {
    const access = writable ? "read_write" : "read";
    const element = elements[name] ?? tensor.dtype;
    return `@group(0) @binding(${index}) var<storage, ${access}> ${name}: array<${element}>;`;
  });
  const fields = Object.keys(sizes).map((name) => `  ${name}: u32,`);
  const uniform = fields.length > 0
    ? [`struct Sizes {`, ...fields, `}`, `@group(0) @binding(${used.length}) var<uniform> sizes: Sizes;`]
    : [];
  return [
    // naga supports subgroups without the directive, and rejects it
    ...enable.filter((name) => name !== "subgroups" || dialect === "tint").map((name) => `enable ${name};`),
    ...Object.keys(constants).map((name) => `override ${name}: u32;`),
    ...Object.keys(floats).map((name) => `override ${name}: f32;`),
    ...storage,
    ...uniform,
    wgsl,
    ...(dispatch.lanes === undefined ? [] : [entryPoint(dispatch.lanes)]),
  ].join("\n");
}
