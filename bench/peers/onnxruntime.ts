/** ONNX Runtime Web on WebGPU, with the fused operators its own optimiser would choose. */
import { type Constant, type Graph, type Node, onnxModel } from "./onnx_model.ts";
import { type EncoderTask, type Peer, type Run, transposed } from "./peer.ts";

const VERSION = "1.23.2";

/** What is used of the library. */
interface Ort {
  env: { logLevel: string; wasm: { numThreads: number } };
  Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => OrtTensor;
  InferenceSession: {
    create(model: Uint8Array, options: object): Promise<{ run(feeds: object): Promise<Record<string, OrtTensor>> }>;
  };
}

interface OrtTensor {
  getData(): Promise<Float32Array>;
  dispose(): void;
}

/** Nodes and constants of an encoder; graph optimisation may fuse further. */
function encoderGraph({ D, H, F, T, eps, theta, layers, norm }: EncoderTask): Graph {
  const K = D / H;
  const angles = Array.from(
    { length: T * K / 2 },
    (_, at) => Math.floor(at / (K / 2)) * theta ** (-2 * (at % (K / 2)) / K),
  );
  const constants: Record<string, Constant> = {
    cos: { shape: [T, K / 2], data: Float32Array.from(angles, Math.cos) },
    sin: { shape: [T, K / 2], data: Float32Array.from(angles, Math.sin) },
    positions: { shape: [1, T], data: BigInt64Array.from({ length: T }, (_, t) => BigInt(t)) },
    norm: { shape: [D], data: norm },
  };
  const nodes: Node[] = [];
  const add = (op: string, inputs: string[], outputs: string[], attributes: Node["attributes"] = {}) =>
    void nodes.push({ op, inputs, outputs, attributes });
  const rotate = (from: string, to: string) =>
    add("com.microsoft.RotaryEmbedding", [from, "positions", "cos", "sin"], [to], { num_heads: H });
  layers.forEach((layer, l) => {
    const at = (name: string) => `${name}${l}`;
    const weight = (name: "qkv" | "out" | "gateUp" | "down", width: number) => {
      constants[at(name)] = { shape: [width, layer[name].length / width], data: transposed(layer[name], width) };
      return at(name);
    };
    constants[at("attentionNorm")] = { shape: [D], data: layer.attentionNorm };
    constants[at("mlpNorm")] = { shape: [D], data: layer.mlpNorm };
    add("LayerNormalization", [at("x"), at("attentionNorm")], [at("h")], { axis: -1 + 3, epsilon: { float: eps } });
    add("MatMul", [at("h"), weight("qkv", D)], [at("projected")]);
    add("Split", [at("projected")], [at("q"), at("k"), at("v")], { axis: 2 });
    rotate(at("q"), at("rq"));
    rotate(at("k"), at("rk"));
    add("com.microsoft.MultiHeadAttention", [at("rq"), at("rk"), at("v")], [at("attended")], { num_heads: H });
    add("MatMul", [at("attended"), weight("out", D)], [at("o")]);
    add("Add", [at("x"), at("o")], [at("r")]);
    add("LayerNormalization", [at("r"), at("mlpNorm")], [at("hr")], { axis: 2, epsilon: { float: eps } });
    add("MatMul", [at("hr"), weight("gateUp", D)], [at("gu")]);
    add("Split", [at("gu")], [at("g"), at("u")], { axis: 2 });
    add("com.microsoft.Gelu", [at("g")], [at("a")]);
    add("Mul", [at("a"), at("u")], [at("z")]);
    add("MatMul", [at("z"), weight("down", F)], [at("d")]);
    add("Add", [at("r"), at("d")], [`x${l + 1}`]);
  });
  add("LayerNormalization", [`x${layers.length}`, "norm"], ["y"], { axis: 2, epsilon: { float: eps } });
  return { nodes, constants, input: { name: "x0", shape: [1, T, D] }, output: { name: "y", shape: [1, T, D] } };
}

async function session(ort: Ort, graph: Graph, data: Float32Array): Promise<Run> {
  const options = {
    executionProviders: ["webgpu"],
    preferredOutputLocation: "gpu-buffer",
    graphOptimizationLevel: "all",
  };
  const model = await ort.InferenceSession.create(onnxModel(graph), options);
  const feeds = { [graph.input.name]: new ort.Tensor("float32", data, graph.input.shape) };
  return async (repeats) => {
    for (let repeat = 1; repeat < repeats; repeat++) (await model.run(feeds))[graph.output.name].dispose();
    const result = (await model.run(feeds))[graph.output.name];
    const values = (await result.getData()).slice();
    result.dispose();
    return values;
  };
}

/** Loads the library. */
export async function load(): Promise<Peer> {
  const ort = await import(`npm:onnxruntime-web@${VERSION}/webgpu`) as unknown as Ort;
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
  return {
    name: `onnxruntime-web ${VERSION}`,
    product: (size, x, w) =>
      session(ort, {
        nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["y"] }],
        constants: { w: { shape: [size, size], data: transposed(w, size) } },
        input: { name: "x", shape: [size, size] },
        output: { name: "y", shape: [size, size] },
      }, x),
    encoder: (task) => session(ort, encoderGraph(task), task.x),
  };
}
