/**
 * Adding experts or routers to a trained model.
 *
 * @module
 */
import type { HostTensor } from "../../op/device.ts";
import type { DecoderConfig } from "../../model/config/config.ts";
import { type DecoderParams, decoderSchema } from "../../model/decoder_schema.ts";
import type { EncoderConfig } from "../../model/config/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../../model/encoder_schema.ts";
import { mapParams, type Parameter } from "../../model/parameters.ts";
import { requireSame, type StartingPoint, startingPoint, type Trained } from "./starting_point.ts";

const nameOf = ({ parts, shape }: Parameter) => `${parts[0].name} [${shape}]`;

/** The values of a record that another schema has under the same name and shape. */
function shared(schema: unknown, values: unknown, other: unknown): unknown {
  const names = new Set<string>();
  mapParams<void, void>(other, (leaf) => void names.add(nameOf(leaf)));
  return mapParams(schema, (leaf, value) => names.has(nameOf(leaf)) ? value : undefined, values);
}

/** Copies every parameter that the source has under the same name and shape; the others are random. */
function extend<P>(
  source: { schema: unknown; params: P },
  target: { schema: unknown; seed: number; layers: number },
  notes: readonly string[],
): StartingPoint<P> {
  const tensors = new Map<string, unknown>();
  mapParams(source.schema, (leaf, tensor) => void tensors.set(nameOf(leaf), tensor), source.params);
  const given = mapParams(target.schema, (leaf) => tensors.get(nameOf(leaf)));
  const used = shared(source.schema, source.params, target.schema);
  const layers = Array.from({ length: target.layers }, (_, u) => [u]);
  const start = startingPoint<P>({ ...target, given }, { schema: source.schema, used }, { layers, notes });
  if (start.copied.length > 0) return start;
  throw new RangeError(
    `Cannot extend the model: none of its ${tensors.size} parameters has a name and shape of the target`,
  );
}

/** Notes for fresh experts: they keep the function of a trained feed-forward only if the chosen weights are normalised. */
function expertNotes({ mol: before }: Pick<DecoderConfig, "mol">, { mol }: Pick<DecoderConfig, "mol">): string[] {
  if (!mol || before || mol.normalize) return [];
  return ["The weights of chosen experts do not sum to 1 (norm_top_k is false), so their feed-forwards start weaker"];
}

/**
 * Initialises a decoder with new experts or routers from a trained decoder with the same layer sharing: every parameter
 * that the source has under the same name and shape is copied, the others are random.
 *
 * Experts start with A Kaiming-uniform and B = 0, so that they do not change the function if the weights of the
 * chosen ones sum to 1 (docs/mol.md, "Initialisation"). Routers change it: their gates scale the output of every recursion.
 *
 * @throws RangeError when layers, sharing or recursions differ, or no parameter fits
 */
export function extendDecoder(
  source: Trained<DecoderConfig, DecoderParams<HostTensor>>,
  target: DecoderConfig,
  seed = 0,
): StartingPoint<DecoderParams<HostTensor>> {
  const structure = ({ L, recursion: { sharing, N } }: DecoderConfig) => ({ L, sharing, N });
  requireSame("extend the model", structure(source.config), structure(target), ["L", "sharing", "N"]);
  const schema = decoderSchema(target);
  return extend(
    { schema: decoderSchema(source.config), params: source.params },
    { schema, seed, layers: schema.layers.length },
    expertNotes(source.config, target),
  );
}

/**
 * Initialises an encoder with new experts from a trained encoder with the same groups, as {@link extendDecoder} does. A
 * group whose feed-forward changes its width (`expert_intermediate_size`) gets a random one.
 *
 * @throws RangeError when layers, group depth or names differ, or no parameter fits
 */
export function extendEncoder(
  source: Trained<EncoderConfig, EncoderParams<HostTensor>>,
  target: EncoderConfig,
  seed = 0,
): StartingPoint<EncoderParams<HostTensor>> {
  requireSame("extend the model", source.config, target, ["L", "groupDepth", "naming"]);
  return extend(
    { schema: encoderSchema(source.config), params: source.params },
    { schema: encoderSchema(target), seed, layers: target.F.length },
    expertNotes(source.config, target),
  );
}
