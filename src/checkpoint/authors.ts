// Recognises checkpoints of the MoR authors' trainer by their tensor names. Their settings are in a separate yaml file, so
// the user must give those that names do not show: gate, alpha, and the source of keys and values.
import type { DecoderConfig } from "../model/config/config.ts";
import type { Json } from "../model/config/fields.ts";
import { uniqueLayers } from "../model/config/sharing.ts";
import { authorsLayout, type Layout, nativeLayout, unrolledLayout } from "./layout.ts";
import { quote } from "./messages.ts";
import type { Checkpoint } from "./shards.ts";

/** Settings that the tensor names of an authors' checkpoint show. */
export interface AuthorsHint {
  /** Expert-choice or token-choice. */
  readonly routing: "expert" | "token";
  /** A tensor name that shows the routing. */
  readonly name: string;
  /** Name prefix of token-choice's module. */
  readonly stem?: string;
  /** Recursion options that follow from the names. */
  readonly recursion: Json;
}

const EXPERT = /(?:^|\.)layers\.(\d+)\.(?:block|mor_router)\./;
const TOKEN = /(?:^|\.)(layers(?:\.\d+)?)\.block_list\.(\d+)\./;

/** Recognises an authors' checkpoint; undefined for other checkpoints. */
export function authorsHint(checkpoint: Checkpoint): AuthorsHint | undefined {
  const names = checkpoint.names();
  const token = names.map((name) => TOKEN.exec(name)).filter((match) => match !== null);
  const expert = names.map((name) => EXPERT.exec(name)).filter((match) => match !== null);
  const [first] = token.length > 0 ? token : expert.filter(({ input }) => input.includes(".block."));
  if (first === undefined) return undefined;
  const routing = token.length > 0 ? "token" : "expert";
  const layers = new Set(routing === "token" ? token.map((match) => match[2]) : expert.map((match) => match[1]));
  const outer = names.some((name) => /(?:^|\.)layers\.0\.(?:self_attn|mlp|input_layernorm)\./.test(name));
  const recursion = {
    sharing: outer ? "middle_cycle" : "cycle",
    num_recursions: routing === "token" ? tokenDepth(checkpoint) ?? layers.size : layers.size,
    routing,
    ...routerOf(checkpoint),
    ...(names.some((name) => name.endsWith(".router_bias")) ? { balancing: "loss_free" } : {}),
  };
  return { routing, name: first.input, stem: routing === "token" ? `model.${first[1]}` : undefined, recursion };
}

/** Token-choice's router has one output per recursion. */
function tokenDepth(checkpoint: Checkpoint): number | undefined {
  const name = checkpoint.names().find((name) => /\.mor_router\.router\.(?:2\.)?weight$/.test(name));
  return name === undefined ? undefined : checkpoint.entry(name).shape[0];
}

function routerOf(checkpoint: Checkpoint): Json {
  const name = checkpoint.names().find((name) => name.endsWith(".mor_router.router.0.weight"));
  if (name === undefined) return {};
  const [width, D] = checkpoint.entry(name).shape;
  return { router: width === 4 * D ? "wide_mlp" : "mlp" };
}

/**
 * Throws unless the recursion options that an authors' file needs are there.
 *
 * @param given whether the user or config.json gives recursion options
 */
export function requireRecursion(source: string, hint: AuthorsHint, given: boolean): void {
  if (given) return;
  throw new Error(
    `Cannot load ${source}: ${quote(hint.name)} shows files of the MoR authors' trainer, whose settings config.json ` +
      `does not have; give them, as in recursion: ${JSON.stringify(hint.recursion)}`,
  );
}

/**
 * Detects the layout of a decoder's checkpoint: the authors' by `.block.` or `.block_list.`, unrolled if there
 * are more layers than the model has unique ones, else native.
 *
 * @throws if the file is laid out for another routing than the configuration's
 */
export function detectLayout(checkpoint: Checkpoint, config: DecoderConfig, hint = authorsHint(checkpoint)): Layout {
  const { routing, sharing } = config.recursion;
  if (hint && hint.routing !== routing) {
    throw new Error(
      `Cannot load ${checkpoint.source.name}: ${quote(hint.name)} is laid out for ${hint.routing}-choice routing, ` +
        `but recursion.routing is "${routing}"`,
    );
  }
  if (hint) return authorsLayout(config, hint.stem);
  const layers = checkpoint.names().map((name) => Number(/(?:^|\.)layers\.(\d+)\./.exec(name)?.[1] ?? 0));
  const highest = layers.reduce((most, layer) => Math.max(most, layer), 0);
  const unrolled = sharing !== "none" && highest >= uniqueLayers(config) && highest < config.L;
  return unrolled ? unrolledLayout(config) : nativeLayout;
}
