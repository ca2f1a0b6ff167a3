/**
 * The same model and optimizer in jax-js on WebGPU, with its own gradients.
 *
 * Two things go round what Deno's WGSL compiler does not take or jax-js does not compile: the gradient of the embedding
 * is a product with one-hot rows instead of a scatter, and the labels' logits are picked by a comparison.
 */
import type { HostTensor } from "../../src/op/device.ts";
import type { DecoderParams } from "../../src/model/decoder_schema.ts";
import { ropeTable } from "../../src/ops/rope.ts";
import type { Jax, JaxArray } from "./jax_api.ts";
import type { Learner, TrainTask } from "./task.ts";

const VERSION = "0.1.25";

type LayerWeights = Record<"attentionNorm" | "qkv" | "out" | "mlpNorm" | "gateUp" | "down", JaxArray>;
type Weights = { embedding: JaxArray; norm: JaxArray; layers: LayerWeights[] };

/** Copies weights; the copies have the form that jax-js's trees take. */
function copied({ numpy }: Jax, { embedding, norm, layers }: DecoderParams<HostTensor>): Weights {
  const array = ({ shape, data }: HostTensor) => numpy.array(Float32Array.from(data), { shape });
  return {
    embedding: array(embedding),
    norm: array(norm),
    layers: layers.map(({ attentionNorm, qkv, out, mlpNorm, mlp: { gateUp, down } }) => ({
      attentionNorm: array(attentionNorm!),
      qkv: array(qkv),
      out: array(out),
      mlpNorm: array(mlpNorm),
      gateUp: array(gateUp),
      down: array(down),
    })),
  };
}

/** Mean cross-entropy of a batch from its embedded rows [M, D]. */
function lossOf({ numpy: np, nn }: Jax, { config, B, T }: TrainTask) {
  const { V, H, K, eps } = config;
  const { data: table } = ropeTable(T, K, config.rope);
  const half = (part: number) =>
    np.array(
      Float32Array.from(
        { length: T * K / 2 },
        (_, i) => table[Math.floor(i / (K / 2)) * K + part * K / 2 + i % (K / 2)],
      ),
      {
        shape: [T, 1, K / 2],
      },
    );
  const [cos, sin] = [half(0), half(1)];
  const linear = (x: JaxArray, w: JaxArray) => np.matmul(x, np.matrixTranspose(w));
  const norm = (x: JaxArray, w: JaxArray) =>
    x.ref.div(np.sqrt(np.mean(np.square(x), 1, { keepdims: true }).add(eps))).mul(w);
  const rope = (x: JaxArray) => {
    const [a, b] = np.split(x, 2, 3);
    return np.concatenate([a.ref.mul(cos.ref).sub(b.ref.mul(sin.ref)), b.mul(cos.ref).add(a.mul(sin.ref))], 3);
  };
  return (weights: Weights, embedded: JaxArray, labels: JaxArray): JaxArray => {
    let x = embedded;
    for (const { attentionNorm, qkv, out, mlpNorm, gateUp, down } of weights.layers) {
      const heads = linear(norm(x.ref, attentionNorm), qkv).reshape([B, T, 3 * H, K]);
      const [q, k, v] = np.split(heads, 3, 2);
      const seen = nn.dotProductAttention(rope(q), rope(k), v, { isCausal: true });
      x = x.add(linear(seen.reshape([B * T, H * K]), out));
      const [gate, up] = np.split(linear(norm(x.ref, mlpNorm), gateUp), 2, 1);
      x = x.add(linear(nn.silu(gate).mul(up), down));
    }
    const logits = linear(norm(x, weights.norm), weights.embedding);
    const right = np.arange(V).reshape([1, V]).equal(labels.reshape([B * T, 1]));
    return np.mean(nn.logsumexp(logits.ref, 1).sub(np.where(right, logits, 0).sum(1)));
  };
}

/** Loss and gradients of all weights. */
function gradientsOf(jax: Jax, task: TrainTask) {
  const { numpy: np, valueAndGrad } = jax;
  const { config: { V }, B, T } = task;
  const differentiated = valueAndGrad(lossOf(jax, task), { argnums: [0, 1] });
  return (weights: Weights, ids: JaxArray, labels: JaxArray): { loss: JaxArray; gradients: Weights } => {
    const embedded = np.take(weights.embedding.ref, ids.ref, 0);
    const [loss, [gradients, rows]] = differentiated(weights, embedded, labels);
    const hot = np.where(np.arange(V).reshape([V, 1]).equal(ids.reshape([1, B * T])), 1, 0).astype("float32");
    return { loss, gradients: { ...gradients, embedding: gradients.embedding.add(np.matmul(hot, rows)) } };
  };
}

type State = Record<"p" | "m" | "v", Weights>;

/** AdamW as ours: rates (lr, c₁, c₂). */
function update({ numpy: np, tree }: Jax, { optimizer: { beta1, beta2, eps } }: TrainTask) {
  return ({ p, m, v }: State, g: Weights, rates: JaxArray): State => {
    const [lr, c1, c2] = np.split(rates, 3, 0);
    const first = tree.map((m, g) => m.mul(beta1).add(g.mul(1 - beta1)), m, tree.ref(g));
    const second = tree.map((v, g) => v.mul(beta2).add(np.square(g).mul(1 - beta2)), v, g);
    const move = (m: JaxArray, v: JaxArray) => m.div(c1.ref).div(np.sqrt(v.div(c2.ref)).add(eps)).mul(lr.ref);
    const moved = tree.map((p, m, v) => p.sub(move(m, v)), p, tree.ref(first), tree.ref(second));
    for (const rate of [lr, c1, c2]) rate.dispose();
    return { p: moved, m: first, v: second };
  };
}

/** Loads the library and copies the weights to its device. */
export async function start(task: TrainTask): Promise<Learner> {
  const jax = await import(`npm:@jax-js/jax@${VERSION}`) as unknown as Jax;
  if (!(await jax.init("webgpu")).includes("webgpu")) throw new Error("its WebGPU backend does not start");
  jax.defaultDevice("webgpu");
  const { numpy: np, tree } = jax;
  const { optimizer: { rate, beta1, beta2 }, B, T, batch } = task;
  const [differentiate, move] = [jax.jit(gradientsOf(jax, task)), jax.jit(update(jax, task))];
  const p = copied(jax, task.weights);
  const zeros = () => tree.map(({ shape }) => np.zeros(shape), p);
  let state: State = { p, m: zeros(), v: zeros() };
  let step = 0;
  const one = () => {
    const { rows, labels } = batch(step++);
    const list = ({ data }: HostTensor) => np.array(data as Int32Array, { shape: [B * T], dtype: "int32" });
    const rates = Float32Array.of(rate, 1 - beta1 ** step, 1 - beta2 ** step);
    const { loss, gradients } = differentiate(tree.ref(state.p), list(rows.ids), list(labels));
    state = move(state, gradients, np.array(rates, { shape: [3] }));
    return loss;
  };
  return {
    name: `jax-js webgpu ${VERSION}`,
    learn: async (steps) => {
      let loss = NaN;
      for (let done = 0; done < steps; done++) {
        const result = one();
        await jax.blockUntilReady(state);
        [loss] = await result.data();
      }
      return loss;
    },
  };
}
