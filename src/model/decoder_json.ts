/**
 * `config.json` of a decoder: Llama's fields, and ours under `recursion`, `mol` and `loss_coefficients` (recursion.md §9).
 *
 * @module
 */
import type { DecoderConfig, LossCoefficients, RecursionConfig } from "./config.ts";
import { Fields, type Json, MOST_LAYERS } from "./fields.ts";
import { type MolConfig, readMol, writeMol } from "./mol_config.ts";
import { blockLayers, outerLayers, sharingFault, uniqueLayers } from "./sharing.ts";

/** Architectures that are plain or recursive Llamas. */
const MODEL_TYPES = ["llama", "mor", "refrain"] as const;

/** Magnitude of `recursion.alpha` at most: published values are at most 1, and the stream grows with its powers. */
const MOST_ALPHA = 1000;

/**
 * Reads a decoder's configuration. What the caller knows wins: `recursion` replaces the file's, `tied` says whether there is
 * a head, `bias` whether token-choice has a bias.
 *
 * Throws a RangeError that names the field, the value and what was expected.
 */
export function parseDecoderConfig(
  json: Json,
  options: { recursion?: Json; tied?: boolean; bias?: boolean } = {},
): DecoderConfig {
  const fields = new Fields(json, "config");
  fields.choice("model_type", MODEL_TYPES, "llama");
  refuseScaling(fields, "rope_scaling");
  const rope = refuseScaling(fields, "rope_parameters");
  for (const key of ["attention_bias", "mlp_bias"]) fields.only(key, false);
  fields.only("hidden_act", "silu", "swish");
  const D = fields.count("hidden_size");
  const H = fields.count("num_attention_heads");
  const G = fields.count("num_key_value_heads", H);
  fields.check(H % G === 0, () => `${H} query heads do not share ${G} key/value heads evenly`);
  fields.check(fields.has("head_dim") || D % H === 0, () => `hidden_size ${D} does not divide by ${H} heads`);
  const K = fields.count("head_dim", D / H);
  fields.check(K % 2 === 0, () => `head width ${K} is odd, rotary embedding needs an even one`);
  const L = fields.count("num_hidden_layers", undefined, MOST_LAYERS);
  const given = options.recursion ? new Fields(options.recursion, "recursion") : fields.object("recursion");
  const recursion = readRecursion(given ?? new Fields({}, "recursion"), L, options.bias);
  const { bos, eos } = readEnds(fields);
  return {
    D,
    F: fields.count("intermediate_size"),
    V: fields.count("vocab_size"),
    H,
    G,
    K,
    L,
    eps: fields.number("rms_norm_eps", 1e-5, { fraction: true }),
    theta: (rope ?? fields).number("rope_theta", 10000, { fraction: true, least: 1 }),
    maxPositions: fields.count("max_position_embeddings", 2048),
    tied: options.tied ?? fields.flag("tie_word_embeddings", true),
    recursion,
    mol: readDecoderMol(fields, uniqueLayers({ L, recursion })),
    losses: readLosses(fields.object("loss_coefficients"), recursion),
    bos,
    eos,
  };
}

function refuseScaling(fields: Fields, key: string): Fields | undefined {
  const scaling = fields.object(key);
  scaling?.check(
    ["default", undefined].includes((scaling.json.rope_type ?? scaling.json.type) as string | undefined),
    () => `config.${key} is ${JSON.stringify(scaling.json)}, only plain rotary embedding is supported`,
  );
  return scaling;
}

function readEnds(fields: Fields): { bos?: number; eos: readonly number[] } {
  const list = Array.isArray(fields.json.eos_token_id);
  const one = !list && fields.has("eos_token_id") ? [fields.number("eos_token_id")] : [];
  const eos = list ? fields.numbers("eos_token_id")! : one;
  return { bos: fields.has("bos_token_id") ? fields.number("bos_token_id") : undefined, eos };
}

function readRecursion(fields: Fields, L: number, bias: boolean | undefined): RecursionConfig {
  const N = fields.count("num_recursions", 1);
  const sharing = fields.choice(
    "sharing",
    ["none", "cycle", "sequence", "middle_cycle", "middle_sequence"],
    N > 1 ? "middle_cycle" : "none",
  );
  const routing = fields.choice("routing", ["none", "expert", "token"], "none");
  const token = routing === "token";
  const gates = token ? ["softmax", "sigmoid"] as const : ["sigmoid", "tanh", "none"] as const;
  const balancing = fields.choice("balancing", ["loss", "loss_free"], "loss");
  const recursion: RecursionConfig = {
    sharing,
    N,
    routing,
    router: fields.choice("router", ["linear", "mlp", "wide_mlp"], "linear"),
    gate: fields.choice<RecursionConfig["gate"]>("gate", gates, gates[0]),
    alpha: fields.number("alpha", token ? 1 : 0.1, { fraction: true, least: -MOST_ALPHA, most: MOST_ALPHA }),
    capacity: fields.numbers("capacity", { fraction: true, most: 1 }),
    kv: fields.choice("kv", ["recursion", "share", "hybrid"], "recursion"),
    auxiliary: fields.flag("auxiliary_router", false),
    balancing,
    bias: token && (bias || balancing === "loss_free"),
  };
  fields.noOthers();
  const { capacity, auxiliary } = recursion;
  fields.check(
    !auxiliary || routing === "expert",
    () => `recursion.auxiliary_router needs routing "expert", not "${routing}"`,
  );
  fields.check(
    !capacity || capacity.length === N,
    () => `recursion.capacity has ${capacity!.length} entries for ${N} recursions`,
  );
  fields.check(sharing !== "none" || N === 1, () => `${N} recursions need sharing, which is "none"`);
  const fault = sharingFault(L, sharing, N);
  fields.check(!fault, () => fault!);
  const routable = routing === "none" || sharing === "cycle" || sharing === "middle_cycle";
  fields.check(routable, () => `routing "${routing}" works over cycle and middle_cycle, not over sharing "${sharing}"`);
  const hybrid = recursion.kv !== "hybrid" || routing !== "none";
  fields.check(hybrid, () => `recursion.kv "hybrid" needs routing, which is "none"`);
  return recursion;
}

function readDecoderMol(fields: Fields, unique: number): MolConfig | undefined {
  const mol = fields.object("mol");
  if (!mol) return undefined;
  const layers = mol.numbers("layers", { most: unique - 1 });
  mol.check(layers !== undefined, () => `config.mol.layers is missing: unique layers from 0 to ${unique - 1}`);
  const result = readMol(mol, [...new Set(layers)].sort((a, b) => a - b));
  mol.noOthers();
  return result;
}

/** Absent factors are 0, and so is that of the balance where a bias keeps it (recursion.md §4). */
function readLosses(fields: Fields | undefined, { balancing }: RecursionConfig): LossCoefficients {
  const factor = (key: string) => fields?.number(key, 0, { fraction: true }) ?? 0;
  const losses = {
    routerAux: factor("router_aux"),
    routerZ: factor("router_z"),
    routerBalance: factor("router_balance"),
    molBalance: factor("mol_balance"),
  };
  fields?.noOthers();
  return balancing === "loss_free" ? { ...losses, routerBalance: 0 } : losses;
}

/** Writes a decoder's configuration so that {@link parseDecoderConfig} reads the same. */
export function decoderJson(config: DecoderConfig): Record<string, unknown> {
  const { recursion, mol, losses } = config;
  const { N, bias: _, auxiliary, ...rest } = recursion;
  const plain = recursion.sharing === "none" && recursion.routing === "none" && !mol;
  return {
    architectures: [plain ? "LlamaForCausalLM" : "MoRForCausalLM"],
    model_type: plain ? "llama" : "mor",
    hidden_size: config.D,
    intermediate_size: config.F,
    vocab_size: config.V,
    num_attention_heads: config.H,
    num_key_value_heads: config.G,
    head_dim: config.K,
    num_hidden_layers: config.L,
    hidden_act: "silu",
    rms_norm_eps: config.eps,
    rope_theta: config.theta,
    max_position_embeddings: config.maxPositions,
    tie_word_embeddings: config.tied,
    ...(config.bos === undefined ? {} : { bos_token_id: config.bos }),
    ...(config.eos.length === 0 ? {} : { eos_token_id: config.eos.length === 1 ? config.eos[0] : config.eos }),
    ...(plain ? {} : { recursion: { num_recursions: N, auxiliary_router: auxiliary, ...rest } }),
    ...(mol ? { mol: { layers: mol.layers, ...writeMol(mol) } } : {}),
    ...(plain ? {} : {
      loss_coefficients: {
        router_aux: losses.routerAux,
        router_z: losses.routerZ,
        router_balance: losses.routerBalance,
        mol_balance: losses.molBalance,
      },
    }),
  };
}

/** Layers of the block and around it, in words, for messages. */
export function describeSharing(config: DecoderConfig): string {
  const { recursion: { sharing, N }, L } = config;
  const outer = outerLayers(sharing);
  return sharing === "none"
    ? `${L} layers`
    : `${outer ? "1+" : ""}${blockLayers(config)}×${N}${outer ? "+1" : ""} layers`;
}
