/**
 * Distillation-based initialisation: an encoder that shares its layers from a teacher that shares none (docs/mol.md,
 * "Distillation").
 *
 * @module
 */
import { requireChoice } from "../../common/choices.ts";
import { type HostTensor, hostTensor } from "../../op/device.ts";
import type { EncoderConfig } from "../../model/config/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../../model/encoder_schema.ts";
import { initialize } from "../../model/init.ts";
import type { FeedForwardParams, LayerParams } from "../../model/parameters.ts";
import { startEnds } from "./embedding.ts";
import { spacedLayers, spansOfLayers } from "./layers.ts";
import { meanOf, requireSame, type StartingPoint, startingPoint, type Trained } from "./starting_point.ts";

type Layer = LayerParams<HostTensor>;

/** Options of {@link startFromTeacher}. */
export interface FromTeacherOptions {
  /** One layer of the teacher a group, spread evenly (default), or the mean over the group's span of its layers. */
  readonly method?: "layers" | "mean";
  /** Seed of random weights; 0 unless given. */
  readonly seed?: number;
}

/**
 * Source layers of each of K groups in a teacher of L layers: round(linspace(0, L − 1, K)), halves to even (`layers`),
 * or the span of neighbours from ⌊g·L/K⌋ to the next group's (`mean`; the paper names no spans).
 *
 * @throws RangeError when there are fewer layers than groups to average, and for unknown methods
 */
export function teacherLayers(L: number, K: number, method: "layers" | "mean"): number[][] {
  requireChoice("start from the teacher", "method", method, ["layers", "mean"]);
  if (method === "layers") return spacedLayers(0, L - 1, K).map((layer) => [layer]);
  if (L >= K) return spansOfLayers(L, K);
  throw new RangeError(`Cannot start from the teacher: its ${L} layers give no spans to ${K} groups`);
}

/**
 * Initialises an encoder whose groups share layers, with or without experts, from a teacher without sharing (group depth 1),
 * such as ModernBERT.
 *
 * - Groups take the layers of {@link teacherLayers}; ModernBERT's first attention norm, which is the identity, counts as
 *   ones. A wider feed-forward adds units whose output weights are 0, so that the function does not change; a narrower
 *   one takes the first units. Experts are random.
 * - The final norm is copied. Embedding and head are copied if their shapes fit, else the embedding is a truncated SVD.
 * - When widths or heads differ, only the embedding comes from the teacher, and a note is added.
 *
 * The SVD of ModernBERT-base's embedding, 50368×768, takes about a minute.
 *
 * @throws RangeError when the teacher shares layers, vocabularies differ, or the student's embedding is wider than the teacher
 *
 * ```ts
 * import { type EncoderParams, encoderSchema, type HostTensor } from "@refrain/transformers/model";
 * import { initialize, parseEncoderConfig } from "@refrain/transformers/model";
 * import { startFromTeacher } from "@refrain/transformers/train";
 * const sizes = { hidden_size: 8, intermediate_size: 16, num_attention_heads: 2, num_hidden_layers: 4, vocab_size: 32 };
 * const config = parseEncoderConfig({ ...sizes, model_type: "modernbert" });
 * const params = initialize<EncoderParams<HostTensor>>(encoderSchema(config), 1);
 * const student = parseEncoderConfig({ ...sizes, group_depth: 2, embedding_size: 4 });
 * startFromTeacher({ config, params }, student).layers; // [[0], [3]]
 * ```
 */
export function startFromTeacher(
  teacher: Trained<EncoderConfig, EncoderParams<HostTensor>>,
  student: EncoderConfig,
  { method = "layers", seed = 0 }: FromTeacherOptions = {},
): StartingPoint<EncoderParams<HostTensor>> {
  const { config, params } = teacher;
  if (config.groupDepth !== 1) {
    throw new RangeError(`Cannot start from the teacher: its layers are shared by ${config.groupDepth}, expected 1`);
  }
  requireSame("start from the teacher", config, student, ["V"]);
  const sameWidth = config.D === student.D && config.H === student.H;
  const ends = startEnds(teacher, student, sameWidth);
  const layers = sameWidth ? teacherLayers(config.L, student.F.length, method) : student.F.map(() => []);
  const groups = layers.map((sources, g) => sources.length > 0 ? startGroup(teacher, student, sources, g, seed) : {});
  const norm = sameWidth ? params.norm : undefined;
  const taken = new Set(layers.flat());
  const used = params.groups.map((layer, l) => taken.has(l) ? { ...layer, mlp: { ...layer.mlp, mol: undefined } } : {});
  const widths = `its layers are ${config.D} wide with ${config.H} heads, the student's ${student.D} with ${student.H}`;
  return startingPoint(
    { schema: encoderSchema(student), given: { ...ends.given, groups: groups.map(({ layer }) => layer), norm }, seed },
    { schema: encoderSchema(config), used: { ...ends.used, groups: used, norm } },
    {
      layers,
      notes: [
        ...(sameWidth ? [] : [`Only the embedding starts from the teacher's: ${widths}`]),
        ...ends.notes,
        ...groups.flatMap(({ note }) => note ?? []),
      ],
    },
  );
}

/** The layer of a group from the teacher's layers, without experts, and notes about it. */
function startGroup(
  { config, params }: Trained<EncoderConfig, EncoderParams<HostTensor>>,
  student: EncoderConfig,
  sources: readonly number[],
  g: number,
  seed: number,
): { layer?: Layer; note?: string } {
  const [width, ...others] = new Set(sources.map((l) => config.F[l]));
  if (others.length > 0) {
    const widths = [width, ...others].join(" and ");
    throw new RangeError(`Cannot start from the teacher: its layers ${sources} are ${widths} wide and have no mean`);
  }
  const plain = { ...config, firstNormIdentity: false, mol: undefined };
  const ones = hostTensor([config.D], new Float32Array(config.D).fill(1));
  const whole = sources.map((l): Layer => ({
    ...params.groups[l],
    attentionNorm: params.groups[l].attentionNorm ?? ones,
  }));
  const layer = meanOf(encoderSchema(plain).groups[sources[0]], whole);
  const F = student.F[g];
  const mlp = { gateUp: layer.mlp.gateUp, down: layer.mlp.down };
  if (F === width) return { layer: { ...layer, mlp } };
  const schema = encoderSchema({ ...student, mol: undefined }).groups[g].mlp;
  const fitted = fitFeedForward(mlp, initialize(schema, (seed + g) | 0));
  const rest = F > width
    ? `${F - width} fresh ones add nothing at first`
    : `the teacher's other ${width - F} are left out`;
  return { layer: { ...layer, mlp: fitted }, note: `Group ${g} takes ${Math.min(F, width)} hidden units; ${rest}` };
}

/** A feed-forward with the units of another one; further units keep their random rows, and output weights 0. */
function fitFeedForward(
  { gateUp, down }: FeedForwardParams<HostTensor>,
  fresh: FeedForwardParams<HostTensor>,
): FeedForwardParams<HostTensor> {
  const [D, F] = fresh.down.shape;
  const width = down.shape[1];
  const units = Math.min(F, width);
  const rows = Float32Array.from(fresh.gateUp.data);
  const columns = new Float32Array(D * F);
  for (const half of [0, 1]) rows.set(gateUp.data.subarray(half * width * D, (half * width + units) * D), half * F * D);
  for (let d = 0; d < D; d++) columns.set(down.data.subarray(d * width, d * width + units), d * F);
  return { gateUp: hostTensor(fresh.gateUp.shape, rows), down: hostTensor([D, F], columns) };
}
