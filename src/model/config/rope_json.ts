/**
 * Rotary position embedding in a `config.json`, in the spellings of both generations: `rope_theta` and `rope_scaling` of
 * Transformers 4, `rope_parameters` of Transformers 5. An object without a key takes the value from the top level.
 *
 * @module
 */
import type { Rope, RopeScaling } from "../../ops/rope_frequencies.ts";
import { show } from "../../common/words.ts";
import type { Fields } from "./fields.ts";
import { agreed } from "./spellings.ts";

/** Kinds that are implemented, and the keys of each beside rope_theta. */
const KINDS = {
  default: [],
  linear: ["factor"],
  llama3: ["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"],
} as const;

/** Objects with the RoPE parameters of a kind of layers. */
export interface RopePlaces {
  /** The whole configuration. */
  readonly fields: Fields;
  /** Objects with parameters; undefined if absent. */
  readonly objects: readonly (Fields | undefined)[];
  /** Key of θ at the top level. */
  readonly thetaKey: string;
  /** Default θ. */
  readonly theta: number;
}

/** The two objects of a flat configuration. */
export function ropeObjects(fields: Fields): (Fields | undefined)[] {
  return [fields.object("rope_scaling"), fields.object("rope_parameters")];
}

/**
 * Reads the rotary embedding of one kind of layers.
 *
 * @throws RangeError for spellings that disagree (showing both), a kind that is not implemented, and keys of another kind
 */
export function readRope({ fields, objects, thetaKey, theta }: RopePlaces): Rope {
  const given = objects.filter((object) => object !== undefined);
  const number = (object: Fields, key: string, least: number) => ({
    path: `${object.path}.${key}`,
    value: object.has(key) ? object.number(key, undefined, { fraction: true, least }) : undefined,
  });
  const one = (key: string, least: number, more: Fields[] = []) =>
    agreed(fields, [...given, ...more].map((object) => number(object, key, least)));
  const base = agreed(fields, [number(fields, thetaKey, 1), ...given.map((object) => number(object, "rope_theta", 1))]);
  const kind = kindOf(fields, given);
  for (const object of given) checkKeys(object, kind);
  return { theta: base ?? theta, ...(kind === "default" ? {} : { scaling: readScaling(fields, given, kind, one) }) };
}

function kindOf(fields: Fields, objects: readonly Fields[]): keyof typeof KINDS {
  const spellings = objects.flatMap((object) =>
    ["rope_type", "type"].map((key) => ({ path: `${object.path}.${key}`, value: object.value(key) }))
  );
  const kind = agreed(fields, spellings) ?? "default";
  const path = spellings.find(({ value }) => value !== undefined)?.path;
  fields.check(
    typeof kind === "string" && Object.hasOwn(KINDS, kind),
    () => `${path} is ${show(kind)}, expected one of ${Object.keys(KINDS).join(", ")}`,
  );
  return kind as keyof typeof KINDS;
}

/** Throws for keys that the kind does not have, unless their value has no effect. */
function checkKeys(object: Fields, kind: keyof typeof KINDS): void {
  const known = ["rope_theta", "rope_type", "type", ...KINDS[kind]];
  for (const key of Object.keys(object.json)) {
    if (known.includes(key)) continue;
    const neutral = /factor$/.test(key) ? [1] : key === "original_max_position_embeddings" ? [object.value(key)] : [];
    object.check(
      [undefined, ...neutral].includes(object.value(key) as number | undefined),
      () => `${object.path}.${key} is ${show(object.json[key])}, which rope_type "${kind}" does not support`,
      key,
    );
  }
}

type One = (key: string, least: number, more?: Fields[]) => number | undefined;

function readScaling(fields: Fields, [first]: readonly Fields[], kind: "linear" | "llama3", one: One): RopeScaling {
  const need = (key: string) => {
    const value = one(key, 0);
    first.check(value !== undefined, () => `${first.path}.${key} is missing, rope_type "${kind}" needs it`, key);
    first.check(value! > 0, () => `${first.path}.${key} is ${value}, expected a number above 0`, key);
    return value!;
  };
  const factor = need("factor");
  if (kind === "linear") return { kind, factor };
  const [low, high] = [need("low_freq_factor"), need("high_freq_factor")];
  first.check(low < high, () => `${first.path}.low_freq_factor is ${low}, but high_freq_factor is ${high}`);
  const positions = one("original_max_position_embeddings", 1, [fields]) ?? fields.count("max_position_embeddings");
  return { kind, factor, lowFrequency: low, highFrequency: high, positions };
}

/** Parameters in the form of Transformers 5, one object of `rope_parameters`. */
export function ropeParameters({ theta, scaling }: Rope): Record<string, unknown> {
  return { rope_type: "default", ...ropeScaling(scaling), rope_theta: theta };
}

/** Scaling in the form of Transformers 4, the object of `rope_scaling`. */
export function ropeScaling(scaling: RopeScaling | undefined): Record<string, unknown> | null {
  if (!scaling) return null;
  const { kind, factor } = scaling;
  if (kind === "linear") return { rope_type: kind, factor };
  const { lowFrequency, highFrequency, positions } = scaling;
  const bounds = { low_freq_factor: lowFrequency, high_freq_factor: highFrequency };
  return { rope_type: kind, factor, ...bounds, original_max_position_embeddings: positions };
}
