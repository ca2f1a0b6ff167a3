/**
 * Name patterns of unknown keys that change the results of some models. Such a key is refused unless its value has no
 * effect; other unknown keys are ignored.
 *
 * @module
 */

/** A mechanism, recognised by the names of its keys. */
export interface Mechanism {
  /** Names of its keys. */
  readonly names: RegExp;
  /** Name of the mechanism. */
  readonly about: string;
  /** Values without effect, beside null, false, 0 and empty texts, lists and objects. */
  readonly neutral?: readonly unknown[];
}

/** Names of training settings, which affect the weights only. */
export const trainingNames: RegExp =
  /(^|_)(grad|gradient|optim|optimizer|adamw?|lr|warmup|epochs?|steps?|batch|train|training|eval|checkpointing|loss|seed)(_|$)/;

/** The mechanisms; the first match decides. */
export const mechanisms: readonly Mechanism[] = [
  { names: /quanti[sz]|^quant_|_bits$|^bits$|compress/, about: "quantised or compressed weights" },
  { names: /soft_?cap|(^|_)caps?(_|$)|clip_|_clip$|clamp/, about: "bounds of scores or states" },
  {
    names:
      /multiplier|(^|_)scal(e|es|ing)(_|$)|temperature|_scalar$|_(factor|alpha|divisor)$|(^|_)mup(_|$)|^dim_model_base$/,
    about: "scaled states or scores",
    neutral: [1],
  },
  { names: /rope|rotary|alibi|yarn|pos(ition)?_emb|positional|position_bias/, about: "positions", neutral: [1] },
  { names: /window|chunk_size|local_attn|global_attn|no_rope/, about: "attention to a part of the rows" },
  { names: /moe|expert|router/, about: "mixtures of experts" },
  { names: /(^|_)bias(es)?(_|$)/, about: "biases" },
  { names: /norm|(^|_)eps(ilon)?$|unit_offset|zero_centered/, about: "norms" },
  { names: /(^|_)act(ivation)?(_|$)|glu|_fn$|tanh|(^|_)(mlp|ffn)_type$/, about: "units of the feed-forward" },
  { names: /(^|_)gat(e|ed|es|ing)(_|$)/, about: "gates" },
  { names: /parallel_(residual|attn|block)|residual|skip_connection/, about: "residual connections" },
  { names: /cross_attn|cross_attention|encoder|prefix_lm|bidirectional|causal|mask_type/, about: "visible rows" },
  {
    names:
      /mamba|ssm|conv|linear_attn|recurren|retention|sparse|(^|_)sinks?(_|$)|altup|laurel|^hc_|(attn|attention)_type$/,
    about: "kinds of layers",
  },
  {
    names: /layer_types|layer_pattern|block_types|per_layer|(layer|layers|attention)_(freq|frequency|interval)|every_n/,
    about: "kinds of layers",
  },
  { names: /lora|adapter/, about: "adapters or low-rank attention" },
  { names: /(^|_)ti(e|ed)(_|$)|share/, about: "shared weights" },
  {
    names: /(head|heads|kv|query|key|value|qk|ffn|mlp|inner|emb|embedding|embd)_(dim|size|heads|width)/,
    about: "sizes",
  },
  { names: /loops|recursion|layers?_repeats?|repeat_layers?/, about: "layers that are run again" },
];
