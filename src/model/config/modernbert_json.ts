/**
 * Attention of ModernBERT in a `config.json`: local layers, their window, and RoPE of both kinds of layers.
 *
 * @module
 */
import type { EncoderConfig } from "./encoder_config.ts";
import { show } from "../../common/words.ts";
import type { Fields } from "./fields.ts";
import { readRope, ropeObjects, ropeParameters } from "./rope_json.ts";
import { agreed } from "./spellings.ts";

/** Names of the kinds of layers in Transformers 5, and their θ keys in Transformers 4. */
const FULL = "full_attention", SLIDING = "sliding_attention";
const KINDS = {
  [FULL]: { thetaKey: "global_rope_theta", theta: 160000 },
  [SLIDING]: { thetaKey: "local_rope_theta", theta: 10000 },
} as const;

/** Maximum number of layers in a message. */
const MOST_NAMED = 40;

/** Attention of global and local layers. */
export type Attention = Pick<EncoderConfig, "rope" | "local">;

/** Reads which of L layers are local. Throws RangeError when two spellings disagree. */
export function readAttention(fields: Fields, L: number): Attention {
  const layers = localLayers(fields, L);
  const window = readWindow(fields, layers);
  const rope = readLayerRope(fields, FULL);
  const local = { layers, window, rope: readLayerRope(fields, SLIDING) };
  return { rope, local: layers.length > 0 && window > 0 ? local : undefined };
}

/** Window of a local layer to each side: half of `local_attention`, or `sliding_window`; 0: no local layers. */
function readWindow(fields: Fields, layers: readonly number[]): number {
  const half = fields.has("sliding_window") ? fields.count("sliding_window") : undefined;
  const both = fields.number("local_attention", 2 * (half ?? 64), { least: -1 });
  const stated = fields.has("layer_types") || fields.has("global_attn_every_n_layers");
  fields.check(
    both > 1 || layers.length === 0 || (both === -1 && !stated),
    () => `${fields.path}.local_attention is ${both}, expected at least 2: ${layers.length} layers are local`,
    "local_attention",
  );
  return both === -1 ? 0 : agreed(fields, [
    { path: `half of ${fields.path}.local_attention`, value: Math.floor(both / 2) },
    { path: `${fields.path}.sliding_window`, value: half },
  ])!;
}

/** Numbers of the local layers. */
function localLayers(fields: Fields, L: number): number[] {
  const types = fields.value("layer_types");
  const known = Array.isArray(types) && types.every((type) => type === FULL || type === SLIDING);
  fields.check(
    types === undefined || (known && types.length === L),
    () => `${fields.path}.layer_types is ${show(types)}, expected ${L} of ${FULL} and ${SLIDING}`,
    "layer_types",
  );
  const listed = known ? range(L).filter((l) => types[l] === SLIDING) : undefined;
  if (listed && !fields.has("global_attn_every_n_layers")) return listed;
  const every = fields.count("global_attn_every_n_layers", 3);
  const counted = range(L).filter((l) => l % every !== 0);
  const more = L > MOST_NAMED ? " …" : "";
  const name = (layers: readonly number[]) =>
    layers.length === 0 ? "no layer" : `layers ${layers.slice(0, MOST_NAMED).join(", ")}${more}`;
  fields.check(
    listed === undefined || listed.join() === counted.join(),
    () =>
      `${fields.path}.layer_types makes ${name(listed!)} local, but ${fields.path}.global_attn_every_n_layers is ` +
      `${every}, which makes ${name(counted)} local`,
  );
  return counted;
}

/** Rotary embedding of a kind of layers: nested by kind, or one scaling for all. */
function readLayerRope(fields: Fields, kind: typeof FULL | typeof SLIDING) {
  const objects = ropeObjects(fields).map((object, index) => {
    const names = Object.keys(object?.json ?? {});
    const nested = names.some((name) => name === FULL || name === SLIDING);
    const flat = index === 0 && !nested; // rope_scaling of Transformers 4
    const wrong = flat ? undefined : names.find((name) => name !== FULL && name !== SLIDING);
    object?.check(wrong === undefined, () => `${object.path}.${wrong} is unknown, expected ${FULL} and ${SLIDING}`);
    return flat ? object : object?.object(kind);
  });
  return readRope({ fields, objects, ...KINDS[kind] });
}

/** Writes the attention of L layers in the spellings of both generations. */
export function writeAttention({ rope, local }: Attention, L: number): Record<string, unknown> {
  const layers = new Set(local?.layers);
  const all = range(L);
  const every = all.map((l) => l + 1).find((n) => all.every((l) => layers.has(l) === (l % n !== 0)));
  const sliding = local?.rope ?? { theta: KINDS[SLIDING].theta };
  return {
    local_attention: local ? 2 * local.window : 128,
    ...(every === undefined ? {} : { global_attn_every_n_layers: every }), // a pattern of another kind has no number
    layer_types: all.map((l) => layers.has(l) ? SLIDING : FULL),
    global_rope_theta: rope.theta,
    local_rope_theta: sliding.theta,
    rope_parameters: { [FULL]: ropeParameters(rope), [SLIDING]: ropeParameters(sliding) },
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
