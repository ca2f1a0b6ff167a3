/**
 * Random cases of an operation, from its signature: shapes, optional inputs, words, and the elements that are defined.
 *
 * @module
 */
import fc from "fast-check";
import { instantiate } from "../../src/op/binding.ts";
import { dtypeOf, hostIndices, type HostTensor } from "../../src/op/device.ts";
import { type AnyOp, type Inputs, type Op, spec, type Tensor } from "../../src/op/op.ts";
import type { TensorType } from "../../src/op/signature.ts";
import { type Shape, sizeOf } from "../../src/op/tensor.ts";
import { maybe, tensor } from "./arbitraries.ts";
import { type Case, liveElements } from "./compare.ts";

/** Sizes of axes, and of parameters that hang together with them, by name. */
type Drawn = Readonly<Record<string, number>>;

/** A call before its inputs are drawn. */
export interface Context<S, P> {
  /** Its sizes. */
  readonly sizes: S;
  /** Its parameters. */
  readonly params: P;
  /** Number of live rows: all but those after the end of `offsets`. */
  readonly live: number;
}

/** What the signature of an operation does not say about its random cases. */
export interface Special<I extends string, P, S extends Drawn> {
  /** Sizes of the axes; those that parameters give may be left out. */
  readonly sizes: fc.Arbitrary<S> | { readonly [Name in keyof S]: fc.Arbitrary<S[Name]> };
  /** Inputs that are not normal numbers; whole numbers must be given, but for `offsets`. */
  readonly inputs?: {
    readonly [Name in keyof Inputs<I, unknown>]?: (shape: Shape, call: Context<S, P>) => fc.Arbitrary<HostTensor>;
  };
  /** Parameters but words, truth values, and those among the sizes. */
  readonly params?: { readonly [Name in keyof P]?: fc.Arbitrary<P[Name]> };
  /** Further axes of inputs with `...`. */
  readonly rest?: fc.Arbitrary<Shape>;
  /** Sequences at most; 4 unless given. */
  readonly sequences?: number;
}

/** The values of parameters: given ones, every word, both truth values; the rest has the sizes of their names. */
function paramsOf<P>(op: AnyOp, given: Readonly<Record<string, fc.Arbitrary<unknown> | undefined>>) {
  const drawn = Object.entries(op.params).flatMap(([name, type]) => {
    const words = Array.isArray(type) && !type.includes("size") ? fc.constantFrom(...type) : undefined;
    const values = given[name] ?? words ?? (type === "boolean" ? fc.boolean() : undefined);
    return values ? [[name, values]] : [];
  });
  return fc.record(Object.fromEntries(drawn)) as fc.Arbitrary<Partial<P>>;
}

/** Parameters with those of the sizes. */
function withSizes<P>(op: AnyOp, params: Partial<P>, sizes: Drawn): P {
  const missing = Object.keys(op.params).filter((name) => !(name in params));
  for (const name of missing) {
    if (sizes[name] === undefined) throw new Error(`Cannot draw cases of ${op.name}: no values of ${name} are given`);
  }
  return { ...params, ...Object.fromEntries(missing.map((name) => [name, sizes[name]])) } as P;
}

/** Ends of sequences as ascending fractions of all rows. */
const fractions = (sequences: number) =>
  fc.array(fc.nat(2 ** 16), { minLength: 1, maxLength: sequences })
    .map((ends) => ends.map((end) => end / 2 ** 16).sort((a, b) => a - b));

const leading = ({ type }: { readonly type: TensorType }) => type.axes[0]?.text;

/** The letter of the rows that `offsets` is about: S where listed rows are read or computed, else M. */
function rowLetter({ inputs, outputs }: AnyOp): "S" | "M" {
  const tensors = [...inputs, ...outputs] as { name: string; type: TensorType }[];
  return tensors.some((one) => leading(one) === "S" && one.type.dtype !== "i32") ? "S" : "M";
}

/** Elements of outputs of rows: those of the live ones. Undefined for a call that the operation refuses. */
function liveOf<I extends string, O extends string, P>(op: Op<I, O, P>, inputs: Inputs<I, HostTensor>, params: P) {
  const hosts = Object.entries<HostTensor | undefined>(inputs);
  const specs = Object.fromEntries(hosts.map(([name, host]) => [name, host && spec(host.shape, dtypeOf(host))]));
  let shapes: Record<string, Tensor>;
  try {
    shapes = op.infer(specs as Inputs<I, Tensor>, params);
  } catch (error) {
    if (error instanceof RangeError) return;
    throw error;
  }
  const ends = (inputs as { offsets?: HostTensor }).offsets;
  const rows = op.outputs.filter((output) => leading(output) === rowLetter(op) && !output.overwrites);
  return Object.fromEntries(rows.map(({ name }) => {
    const [count, ...row] = shapes[name].shape;
    return [name, liveElements(count, sizeOf(row), ends)];
  }));
}

/** The inputs of a call: given ones, normal numbers, and each optional one present or not. */
function inputsOf<I extends string, P, S extends Drawn>(
  op: Op<I, string, P>,
  given: NonNullable<Special<I, P, S>["inputs"]>,
  call: Context<S, P>,
  { rest, offsets }: { readonly rest: Shape; readonly offsets: HostTensor | undefined },
): fc.Arbitrary<Inputs<I, HostTensor>> {
  const sizes = { ...call.sizes, ...op.sizes(call.params), ...offsets && { B: offsets.shape[0] - 1 } };
  const made = op.inputs.filter(({ name }) => name !== "offsets").map(({ name, optional, type }) => {
    const { shape, dtype } = instantiate(type, { sizes, sources: {}, rest, dtype: "f32" });
    const values = given[name as keyof typeof given]?.(shape, call);
    if (!values && dtype === "i32") throw new Error(`Cannot draw cases of ${op.name}: no values of ${name} are given`);
    return [name, optional ? maybe(values ?? tensor(shape)) : values ?? tensor(shape)];
  });
  const ends = op.inputs.some(({ name }) => name === "offsets") ? { offsets: fc.constant(offsets) } : {};
  return fc.record({ ...Object.fromEntries(made), ...ends }) as unknown as fc.Arbitrary<Inputs<I, HostTensor>>;
}

/** Cases that an operation takes. Throws for whole numbers and parameters whose values neither signature nor `special` gives. */
export function casesOf<I extends string, O extends string, P, S extends Drawn>(
  op: Op<I, O, P>,
  { sizes: axes, inputs = {}, params: given = {}, rest: further = fc.constant([]), sequences = 4 }: Special<I, P, S>,
): fc.Arbitrary<Case<I, P> & { live: Record<string, number> }> {
  const drawn = axes instanceof fc.Arbitrary ? axes : fc.record(axes) as fc.Arbitrary<S>;
  const list = op.inputs.find(({ name }) => name === "offsets");
  const ends = list ? fractions(sequences) : fc.constant(undefined);
  return fc.tuple(
    drawn,
    further,
    paramsOf<P>(op, given as Readonly<Record<string, fc.Arbitrary<unknown>>>),
    list?.optional ? maybe(ends) : ends,
  )
    .chain(([sizes, rest, some, ends]) => {
      const rows = sizes[rowLetter(op)] ?? 0, params = withSizes(op, some, sizes);
      const offsets = ends && hostIndices([0, ...ends.map((end) => Math.round(end * rows))]);
      const call = { sizes, params, live: liveElements(rows, 1, offsets) };
      return inputsOf(op, inputs, call, { rest, offsets })
        .map((inputs) => ({ inputs, params, live: liveOf(op, inputs, params)! })).filter(({ live }) => !!live);
    });
}
