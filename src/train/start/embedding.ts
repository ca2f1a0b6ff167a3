// Embedding and masked-language head of an encoder, from those of a teacher.
import type { HostTensor } from "../../op/device.ts";
import type { EncoderConfig } from "../../model/config/encoder_config.ts";
import type { EncoderParams } from "../../model/encoder_schema.ts";
import { identity, product, transpose } from "./matrices.ts";
import type { Trained } from "./starting_point.ts";
import { singularVectors } from "./svd.ts";

/** Parameters for a student's embedding and head, and the teacher's parameters they come from. */
interface Ends {
  readonly given: Partial<Record<keyof EncoderParams<HostTensor>, unknown>>;
  readonly used: Partial<Record<keyof EncoderParams<HostTensor>, unknown>>;
  readonly notes: readonly string[];
}

/**
 * Embeddings as wide as the teacher's are copied with their norm, and, where the models are equally wide (`sameWidth`),
 * with projection and head. Others start from the teacher's full-width embedding E (its own times its projection) by
 * truncated SVD, E ≈ (E·P)·Pᵀ: embedding E·P [V, J], and projection P [D, J] where the models are equally wide; norm and
 * head, which depend on the new coordinates, are random, except the head's bias.
 */
export function startEnds(
  teacher: Trained<EncoderConfig, EncoderParams<HostTensor>>,
  student: EncoderConfig,
  sameWidth: boolean,
): Ends {
  const { config, params: { embedding, embeddingNorm, projection, head: { decoder, ...parts } } } = teacher;
  if (config.J !== student.J || (projection && !student.factorised)) return reducedEnds(teacher, student, sameWidth);
  const added = student.factorised && !projection;
  const head = student.tied ? parts : { ...parts, decoder: decoder ?? embedding };
  return {
    given: { embedding, embeddingNorm, ...(sameWidth && { head, projection: projection ?? identity(config.D) }) },
    used: { embedding, embeddingNorm, ...(sameWidth && { head, projection }) },
    notes: sameWidth && added ? ["The projection starts as the identity: the teacher's embedding has none"] : [],
  };
}

function reducedEnds(
  { config: { D }, params: { embedding, projection, head } }: Trained<EncoderConfig, EncoderParams<HostTensor>>,
  { J }: EncoderConfig,
  sameWidth: boolean,
): Ends {
  if (J > D) {
    throw new RangeError(`Cannot start from the teacher: the embedding has ${J} columns, the teacher is ${D} wide`);
  }
  const full = projection ? product(embedding, projection) : embedding;
  const bias = sameWidth ? { head: { bias: head.bias } } : {};
  const used = { embedding, projection, ...bias };
  if (J === D) {
    const notes = ["The embedding is the teacher's times its projection"];
    return { given: { embedding: full, ...(sameWidth && { projection: identity(D) }), ...bias }, used, notes };
  }
  const { vectors, share } = singularVectors(full, J);
  return {
    given: { embedding: product(full, vectors), ...(sameWidth && { projection: transpose(vectors) }), ...bias },
    used,
    notes: [
      `The embedding is the teacher's by truncated SVD: ${J} of ${D} columns hold ${
        (100 * share).toFixed(1)
      } % of its squares`,
    ],
  };
}
