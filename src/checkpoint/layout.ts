// Tensor names of a checkpoint: native names, or those of the MoR authors' released trainer.
import type { DecoderConfig } from "../model/config/config.ts";
import type { Json } from "../model/config/fields.ts";
import { blockLayers, outerLayers, uniqueLayer } from "../model/config/sharing.ts";

/** Names of a model's tensors in a file. */
export interface Layout {
  /** Name in error messages. */
  readonly name: string;
  /**
   * The names in the file of the tensor that the schema calls `part`. A writer writes all of them; a reader needs one,
   * and all that are there must hold the same numbers.
   */
  namesOf(part: string): readonly string[];
  /** Fields of `config.json` that readers of this layout need. */
  readonly json?: Json;
}

/** The names of the schema (docs/mor.md and docs/mol.md, "Checkpoint names"), plain Llama and ModernBERT. */
export const nativeLayout: Layout = { name: "native", namesOf: (part) => [part] };

/** Name prefixes of unrolled layer l and of the routers in a file. */
interface Prefixes {
  layer(l: number): string;
  /** Router of recursion r (expert-choice), or the only one. */
  router(r?: string): string;
  bias: string;
}

function prefixedLayout(name: string, config: DecoderConfig, prefixes: Prefixes): Layout {
  const copies: string[][] = [];
  for (let l = 0; l < config.L; l++) (copies[uniqueLayer(config, l)] ??= []).push(prefixes.layer(l));
  const namesOf = (part: string) => {
    const layer = /^model\.layers\.(\d+)\.(.+)$/.exec(part);
    if (layer) return copies[Number(layer[1])].map((prefix) => `${prefix}.${layer[2]}`);
    const router = /^model\.recursion\.router(?:s\.(\d+))?\.(.+)$/.exec(part);
    if (router) return [`${prefixes.router(router[1])}.${router[2]}`];
    return [part === "model.recursion.router_bias" ? prefixes.bias : part];
  };
  return { name, namesOf, json: { model_type: "llama", architectures: ["LlamaForCausalLM"] } };
}

/**
 * One layer of the file for each unrolled layer: the form of a recursive model without routing for readers that tie its
 * layers after loading.
 */
export function unrolledLayout(config: DecoderConfig): Layout {
  const own = "model.recursion";
  return prefixedLayout("unrolled", config, {
    layer: (l) => `model.layers.${l}`,
    router: (r) => r === undefined ? `${own}.router` : `${own}.routers.${r}`,
    bias: `${own}.router_bias`,
  });
}

/**
 * The layout of the MoR authors' trainer (docs/mor.md, "Checkpoint names"). Every recursion has a copy of the block's tensors.
 *
 * - expert-choice: `model.layers.{r}.block.{j}` and `model.layers.{r}.mor_router.router`, r from 1 and the unshared
 *   layers at 0 and N + 1; for `cycle` r from 0 and no others
 * - token-choice: `model.layers.1.block_list.{r}.{j}`, `model.layers.1.mor_router.router`, `model.layers.1.router_bias`
 *   and the unshared layers at 0 and 2; for `cycle` the one module is `model.layers.0`, or `model.layers` itself
 * - without routing: {@link unrolledLayout}
 *
 * @param stem of token-choice's module, if it differs from the above
 * @throws if the model has MoL experts, which those files cannot hold
 *
 * ```ts
 * import { parseDecoderConfig } from "../model/config/decoder_json.ts";
 * const config = parseDecoderConfig({
 *   hidden_size: 8, num_attention_heads: 2, intermediate_size: 8, vocab_size: 8, num_hidden_layers: 4,
 *   recursion: { sharing: "middle_cycle", num_recursions: 2, routing: "expert" },
 * });
 * authorsLayout(config).namesOf("model.layers.1.mlp.up_proj.weight");
 * // ["model.layers.1.block.0.mlp.up_proj.weight", "model.layers.2.block.0.mlp.up_proj.weight"]
 * ```
 */
export function authorsLayout(config: DecoderConfig, stem?: string): Layout {
  const { L, mol, recursion: { routing, sharing, N } } = config;
  if (mol) {
    throw new Error(
      `Cannot use the layout of the MoR authors: it has no MoL experts, layers ${
        mol.layers.join(", ")
      } have; merge them`,
    );
  }
  if (routing === "none") return unrolledLayout(config);
  const first = outerLayers(sharing) / 2; // 1 where an unshared layer comes before the block
  const b = blockLayers(config);
  const token = routing === "token";
  const module = stem ?? `model.layers.${first}`;
  const layer = (l: number) => {
    if (first && l === 0) return "model.layers.0";
    if (first && l === L - 1) return `model.layers.${token ? 2 : N + 1}`;
    const r = Math.floor((l - first) / b), j = (l - first) % b;
    return token ? `${module}.block_list.${r}.${j}` : `model.layers.${r + first}.block.${j}`;
  };
  return prefixedLayout(`the MoR authors' ${routing}-choice`, config, {
    layer,
    router: (r) => `${r === undefined ? module : `model.layers.${Number(r) + first}`}.mor_router.router`,
    bias: `${module}.router_bias`,
  });
}
