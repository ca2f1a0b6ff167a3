/**
 * Calls without data, from signatures: every combination of optional inputs, axes, words and element types.
 *
 * @module
 */
import type { AxisName } from "../../src/op/axes.ts";
import { AXES } from "../../src/op/axes.ts";
import { type Binding, instantiate, type Sizes } from "../../src/op/binding.ts";
import type { AnyOp, OpInput, Tensor } from "../../src/op/op.ts";
import type { ParamType, ParamTypes } from "../../src/op/params.ts";

/** Values by name: sizes of axes, `...` for further axes, and parameters. */
export type Values = Readonly<Record<string, unknown>>;

/** A call of an operation, without data. */
export interface ExampleCall {
  /** Inputs; absent optional ones are undefined, although the type does not say so. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Parameters. */
  readonly params: Values;
}

/** Every combination of the given values, with every one of the groups of values that belong together. */
export function each(values: Readonly<Record<string, readonly unknown[]>>, groups: readonly Values[] = [{}]): Values[] {
  let combinations: Values[] = [...groups];
  for (const [name, list] of Object.entries(values)) {
    combinations = combinations.flatMap((chosen) => list.map((value) => ({ ...chosen, [name]: value })));
  }
  return combinations;
}

/** Sizes of the axes that an example does not name. */
const SIZES: Sizes = {
  ...{ B: 3, M: 9, S: 9, D: 64, O: 64, W: 64, F: 64, H: 4, G: 2, K: 32, C: 40, T: 32, V: 100, J: 64, L: 2 },
  ...{ N: 3, E: 4, k: 2, R: 16, P: 9, I: 4 },
};

/** Values that a parameter takes: the one given, else every word, both truth values, or a number that all take. */
function valuesOf(name: string, type: ParamType, given: unknown): readonly unknown[] {
  if (Array.isArray(type)) return given === undefined ? type : [given];
  if (typeof type === "object") return paramsOf(type as ParamTypes, given as Values | undefined);
  if (given !== undefined) return [given];
  if (type === "boolean") return [true, false];
  return [type === "number" ? 0.5 : type === "sizes" ? [] : SIZES[name as AxisName] ?? 0];
}

function paramsOf(types: ParamTypes, given: Values = {}): Values[] {
  return each(
    Object.fromEntries(Object.entries(types).map(([name, type]) => [name, valuesOf(name, type, given[name])])),
  );
}

/** The tensors that an input may be: absent, without its optional axis, and complete. */
function tensorsOf({ optional, type }: OpInput<string>, binding: Binding): (Tensor | undefined)[] {
  const short = type.axes.filter((axis) => !axis.optional);
  const forms = short.length < type.axes.length ? [type, { ...type, axes: short }] : [type];
  return [...forms.map((form) => instantiate(form, binding)), ...optional ? [undefined] : []];
}

/** Expands an example into calls of its operation, and drops calls that the operation refuses. */
export function* callsOf(op: AnyOp, example: Values): Generator<ExampleCall> {
  for (const name of Object.keys(example)) {
    if (!(name in AXES || name in op.params || name === "...")) throw new Error(`${op.name} has no size ${name}`);
  }
  const types = op.inputs.map(({ type }: OpInput<string>) => type.dtype).includes("any") ? ["f32", "i32"] : ["f32"];
  for (const params of paramsOf(op.params, example)) {
    const sizes = { ...SIZES, ...example, ...op.sizes(params), _: 3 };
    const rest = example["..."] as number[] ?? [9, 30];
    for (const dtype of types as Tensor["dtype"][]) {
      const binding = { sizes, sources: {}, rest, dtype };
      const inputs = op.inputs.map((input: OpInput<string>) => [input.name, tensorsOf(input, binding)]);
      for (const chosen of each(Object.fromEntries(inputs))) {
        const call = { inputs: chosen as ExampleCall["inputs"], params };
        if (accepts(op, call)) yield call;
      }
    }
  }
}

function accepts(op: AnyOp, { inputs, params }: ExampleCall): boolean {
  try {
    return Boolean(op.infer(inputs, params));
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
