import { Decoder, type DecoderConfig, Encoder, type HostTensor, openDevice, type Piece } from "@refrain/transformers";
import { openSource } from "@refrain/transformers/checkpoint";
import { hostTensor } from "@refrain/transformers/ops";
import type { WebGpuDevice } from "@refrain/transformers/webgpu";

const device = await openDevice("reference");
const decoder = await Decoder.load("models/stories-mor", { device });
const config: DecoderConfig = decoder.config;
const pieces: Piece[] = [];
for await (const piece of decoder.generate("Once upon a time", { maxNewTokens: 4 })) pieces.push(piece);
const depths: number[] = pieces.map(({ depth }) => depth);
const encoder = await Encoder.load("models/stories-modernalbert", { device });
const vectors: HostTensor = await encoder.encode(["a text"], { pooling: "mean" });

// @ts-expect-error -- a prompt is a text or ids
decoder.generate(3);
// @ts-expect-error -- a misspelt option
decoder.generate("a", { maxNewToken: 4 });

export { config, depths, hostTensor, openSource, vectors, type WebGpuDevice };
