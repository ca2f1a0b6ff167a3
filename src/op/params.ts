/**
 * Parameters of an operation, as data: their names, types and words.
 *
 * @module
 */
import { requireChoice } from "../common/choices.ts";
import { fitsFloat32, FLOAT32_SIZES } from "../common/float32.ts";

/**
 * What a parameter may be: `number`, a number that float32 holds; `size`, a whole number from 0; `sizes`, a list of those;
 * `boolean`; one of some words, where `size` stands for any whole number from 0; or a record of parameters.
 */
export type ParamType = "number" | "size" | "sizes" | "boolean" | readonly string[] | ParamTypes;

/** Types of parameters by name. */
export interface ParamTypes {
  /** The type of the parameter of this name. */
  readonly [name: string]: ParamType;
}

/** The value of a parameter. */
export type Param<Type> = Type extends "number" | "size" ? number
  : Type extends "sizes" ? readonly number[]
  : Type extends "boolean" ? boolean
  : Type extends readonly (infer Word)[] ? Word extends "size" ? number : Word
  : Params<Type>;

/** The values of parameters by name. */
export type Params<Types> = { readonly [Name in keyof Types]: Param<Types[Name]> };

const isSize = (value: unknown) => Number.isInteger(value) && value as number >= 0;

/** What a value should be, unless it is that. */
function expected(type: ParamType, value: unknown): string | undefined {
  if (type === "number") return fitsFloat32(value as number) ? undefined : FLOAT32_SIZES;
  if (type === "size") return isSize(value) ? undefined : "a whole number from 0";
  if (type === "sizes") return Array.isArray(value) && value.every(isSize) ? undefined : "whole numbers from 0";
  if (type === "boolean") return typeof value === "boolean" ? undefined : "true or false";
}

/** Throws a RangeError where a parameter is missing, of another type, not one of its words, or not held by float32. */
export function checkParams(action: string, types: ParamTypes, params: Readonly<Record<string, unknown>>): void {
  for (const [name, type] of Object.entries(types)) {
    const value = params[name];
    if (Array.isArray(type)) {
      if (!(type.includes("size") && isSize(value))) requireChoice(action, name, value, type);
    } else if (typeof type === "object") checkParams(action, type as ParamTypes, Object(value));
    else {
      const reason = expected(type as ParamType, value);
      if (reason) throw new RangeError(`Cannot ${action}: ${name} is ${value}, expected ${reason}`);
    }
  }
}
