/**
 * Declaring operations: shape inference, checks and messages come from the signature.
 *
 * @module
 */
import type { Axes } from "./axes.ts";
import { bind, instantiate, type Sizes } from "./binding.ts";
import type { Backend, FusedOp, Inputs, Op, OpRules, Outputs, Tensor } from "./op.ts";
import { checkParams, type Params, type ParamTypes } from "./params.ts";
import { parseType } from "./signature.ts";

/** An operation as its file declares it. */
export interface Definition<I extends string, O extends string, Types extends ParamTypes>
  extends OpRules<I, O, Params<Types>> {
  /** Unique name, as in `vocabulary`. */
  readonly name: string;
  /** File name, without ending, of its row: `src/ops`, `reference`, `kernels/ops`, `tests`, `bench`. */
  readonly family: string;
  /** Signature of each input, see `signature.ts`; a trailing `?` of the name marks an optional input. */
  readonly inputs: Readonly<Record<I, string>>;
  /** Signature of each output; one with the name of an input overwrites it, and that input must not be read afterwards. */
  readonly outputs: Readonly<Record<O, string>>;
  /** Types of the parameters. A parameter that is called like an axis is its size. */
  readonly params?: Types;
  /** Sizes of axes that the parameters imply. */
  axes?(params: Params<Types>): Sizes;
  /** Why a call of fitting shapes is refused: conditions that no signature can say. */
  refuse?(axes: Axes, params: Params<Types>, inputs: Inputs<I, Tensor>): string | false | undefined;
}

/** Sizes that parameters give to axes. */
function paramSizes(types: ParamTypes, params: Readonly<Record<string, unknown>>): Sizes {
  const letters = Object.keys(types).filter((name) => name.length === 1);
  return Object.fromEntries(letters.map((letter) => [letter, params[letter] as number]));
}

/** Declares an operation. Throws a SyntaxError for a signature with unknown letters. */
export function defineOp<I extends string, O extends string, const Types extends ParamTypes = Record<never, never>>(
  definition: Definition<I, O, Types>,
): Op<I, O, Params<Types>> {
  const { axes, refuse, params: types = {}, ...rest } = definition;
  const inputs = Object.entries<string>(definition.inputs).map(([key, text]) => {
    const name = key.replace(/\?$/, "");
    return { key: key as I, name, optional: name !== key, type: parseType(text) };
  });
  const outputs = Object.entries<string>(definition.outputs).map(([key, text]) => {
    return { name: key as O, type: parseType(text), overwrites: inputs.some(({ name }) => name === key) };
  });
  const sizes = (params: Params<Types>) => ({
    ...paramSizes(types, params as Record<string, unknown>),
    ...axes?.(params),
  });
  return {
    ...rest,
    params: types,
    inputs,
    outputs,
    sizes,
    infer(tensors, params) {
      checkParams(`apply ${rest.name}`, types, params as Record<string, unknown>);
      const bound = bind(inputs, tensors as Readonly<Record<string, Tensor | undefined>>, sizes(params));
      const reason = typeof bound === "string" ? bound : refuse?.(bound.sizes as Axes, params, tensors);
      if (reason) throw new RangeError(`Cannot apply ${rest.name}: ${reason}`);
      const results = outputs.map((
        { name, type },
      ) => [name, instantiate(type, bound as Exclude<typeof bound, string>)]);
      return Object.fromEntries(results);
    },
  };
}

/** Declares an operation that is a composition of others, for which a backend may have something faster. */
export function defineFusedOp<
  I extends string,
  O extends string,
  const Types extends ParamTypes = Record<never, never>,
>(
  definition: Definition<I, O, Types> & Pick<FusedOp<I, O, Params<Types>>, "compose">,
): FusedOp<I, O, Params<Types>> {
  return { ...defineOp(definition), compose: definition.compose };
}

/** Whether a union has several members. */
export type Several<U, Each = U> = Each extends unknown ? [U] extends [Each] ? false : true : never;

/** The only output of an operation, or all of them by name. */
export type Result<O extends string, T> = true extends Several<O> ? Outputs<O, T> : T;

/** Applies an operation: its only output, or all of them by name. */
export type Apply<I extends string, O extends string, P = Record<never, never>> = <T extends Tensor>(
  backend: Backend<T>,
  inputs: Inputs<I, T>,
  ...params: keyof P extends never ? [] : [params: P]
) => Result<O, T>;

/** The function that applies an operation; passes on only the parameters that the operation declares. */
export function applying<I extends string, O extends string, P>(op: Op<I, O, P>): Apply<I, O, P> {
  const names = Object.keys(op.params);
  return (backend, inputs, ...[params]) => {
    const given = Object.fromEntries(names.map((name) => [name, (params as Record<string, unknown>)[name]]));
    const outputs = backend.run(op, inputs, given as P);
    return (op.outputs.length > 1 ? outputs : outputs[op.outputs[0].name]) as never;
  };
}
