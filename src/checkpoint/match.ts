// Matches the tensors of a checkpoint with the parameters of a model before any is read.
import type { Part } from "../model/parameters.ts";
import { TO_F32 } from "./dtypes.ts";
import type { TensorEntry } from "./header.ts";
import type { Layout } from "./layout.ts";
import { quote } from "./messages.ts";
import { matchNames } from "./names.ts";
import type { Checkpoint } from "./shards.ts";

/** Match of a checkpoint with a model. */
export interface Match {
  /** Tensors of each part by its name in the schema; more than one must hold the same numbers. */
  readonly sources: ReadonlyMap<string, readonly TensorEntry[]>;
  /** Parts without a tensor: name in the schema, first name in the layout, shape. */
  readonly missing: readonly (Part & { readonly part: string })[];
  /** Tensors without a part. */
  readonly unexpected: readonly TensorEntry[];
  /** Tensors whose shape or element type differs from their part's. */
  readonly misshapen: readonly { readonly entry: TensorEntry; readonly part: Part }[];
}

/** Heads that may be stored as copies of the tied embedding; shape and numbers must be equal. */
const HEADS = ["lm_head.weight", "decoder.weight"] as const;

/** Ignored tensors: buffers that the configuration determines, and heads of ModernBERT's classifiers. */
const IGNORED = /(?:^|\.)(?:rotary_emb\.(?:original_)?inv_freq|position_ids)$|^(?:\w+\.)*classifier\.(?:weight|bias)$/;

/** Matches by name, then compares shapes and element types, and lists all mismatches. */
export function matchTensors(checkpoint: Checkpoint, parts: readonly Part[], layout: Layout): Match {
  const embedding = parts.find(({ name }) => /(?:^|\.)(?:embed_tokens|tok_embeddings)\.weight$/.test(name));
  const wanted = new Set(parts.flatMap(({ name }) => layout.namesOf(name)));
  const heads = HEADS.filter((name) => embedding && !wanted.has(name));
  const found = checkpoint.names();
  const matched = matchNames(found, new Set([...wanted, ...heads]));
  const entryOf = (name: string) => matched.has(name) ? [checkpoint.entry(matched.get(name)!)] : [];
  const sources = new Map<string, TensorEntry[]>();
  const missing: (Part & { part: string })[] = [];
  const misshapen: { entry: TensorEntry; part: Part }[] = [];
  for (const part of parts) {
    const names = layout.namesOf(part.name);
    const copies = names.flatMap(entryOf);
    const repeats = part === embedding ? heads.flatMap(entryOf) : [];
    for (const entry of [...copies, ...repeats]) if (!fits(entry, part)) misshapen.push({ entry, part });
    if (copies.length === 0) missing.push({ part: part.name, name: names[0], shape: part.shape });
    else sources.set(part.name, [...copies, ...repeats]);
  }
  const used = new Set(matched.values());
  const unexpected = found.filter((name) => !used.has(name) && !IGNORED.test(name)).map(checkpoint.entry);
  return { sources, missing, unexpected, misshapen };
}

function fits({ shape, dtype }: TensorEntry, part: Part): boolean {
  return dtype in TO_F32 && shape.length === part.shape.length &&
    shape.every((size, axis) => size === part.shape[axis]);
}

const LISTED = 10;

/**
 * Throws one error that lists missing, unexpected and misshapen tensors.
 *
 * @param action action of the error message, as in "load models/tiny"
 */
export function refuseMismatch({ missing, unexpected, misshapen }: Match, layout: Layout, action: string): void {
  const kinds: [kind: string, lines: string[]][] = [
    ["missing", missing.map(({ name, shape }) => `${quote(name)} ${sizes(shape)}${reasonOf(name)}`)],
    ["unexpected", unexpected.map(({ name, shape }) => `${quote(name)} ${sizes(shape)}`)],
    ["misshapen", misshapen.map(misshape)],
  ];
  const faulty = kinds.filter(([, lines]) => lines.length > 0);
  if (faulty.length === 0) return;
  const counts = faulty.map(([kind, lines]) => `${lines.length} ${kind}`).join(", ");
  const details = faulty.map(([kind, lines]) => {
    const more = lines.length > LISTED ? [`… and ${lines.length - LISTED} more`] : [];
    return `\n  ${kind}: ${[...lines.slice(0, LISTED), ...more].join("\n    ")}`;
  });
  throw new Error(
    `Cannot ${action}: its tensors are not the model's (${layout.name} names), ${counts}${details.join("")}`,
  );
}

/** The setting that makes a model expect an unusual tensor. */
function reasonOf(name: string): string {
  return (HEADS as readonly string[]).includes(name) ? " (tie_word_embeddings is not true)" : "";
}

function misshape({ entry: { name, shape, dtype }, part }: Match["misshapen"][number]): string {
  const kind = dtype in TO_F32 ? "" : ` of ${dtype}`;
  return `${quote(name)} is ${sizes(shape)}${kind}, expected ${sizes(part.shape)}${kind && " of floats"}`;
}

function sizes(shape: readonly number[]): string {
  return shape.length > 8 ? `[${shape.slice(0, 8).join(", ")}, … ${shape.length} axes]` : `[${shape.join(", ")}]`;
}
