/** Fuzz target: configurations. An accepted one must give finite numbers. */
import { openDecoder, openEncoder } from "../../src/checkpoint/open.ts";
import { tensorsOf } from "../../src/checkpoint/save.ts";
import { nativeLayout } from "../../src/checkpoint/layout.ts";
import { encodeSafetensors } from "../../src/checkpoint/write.ts";
import { type Device, hostTensor } from "../../src/op/device.ts";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { parseEncoderConfig } from "../../src/model/config/encoder_json.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { countParameters, mapParams } from "../../src/model/parameters.ts";
import { sizeOf } from "../../src/op/op.ts";
import { normals } from "../../src/common/random.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";
import { generate } from "../../src/infer/generate.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { bases } from "./bases.ts";
import type { Draw } from "./draw.ts";
import { changeJson, hostileText } from "./hostile.ts";
import { demandFinite, type Outcome, outcomeOf, type Target } from "./target.ts";

/** Maximum number of parameters and layers of a model for a changed configuration. */
const MOST = { parameters: 100_000, layers: 64 };

const isEncoder = ({ model_type }: Json) => String(model_type).startsWith("modern");

function schemaOf(json: Json): { schema: unknown; L: number } {
  const config = isEncoder(json) ? parseEncoderConfig(json) : parseDecoderConfig(json);
  if (config.L > MOST.layers) return { schema: {}, L: config.L };
  return { schema: "groupDepth" in config ? encoderSchema(config) : decoderSchema(config), L: config.L };
}

/** A file of nonzero weights for a configuration, so that every number has an effect. */
function weightsOf(json: Json, seed: number): Blob {
  const { schema } = schemaOf(json);
  let leaf = 0;
  const params = mapParams(schema, ({ shape }) => hostTensor(shape, normals(seed + 7919 * leaf++, sizeOf(shape), 0.5)));
  return new Blob([...encodeSafetensors(tensorsOf(schema, params, nativeLayout, "weights"))]);
}

/** Whether weights can be made for a changed configuration. */
function fits(json: Json): boolean {
  try {
    const { schema, L } = schemaOf(json);
    return L <= MOST.layers && countParameters(schema) <= MOST.parameters;
  } catch {
    return false; // opening it will refuse it
  }
}

async function runEncoder(device: Device, files: Record<string, Blob>): Promise<void> {
  const { config, params, hasHead } = await openEncoder(files, { head: "optional" });
  const model = new EncoderModel(device, config, params, undefined, hasHead);
  const result = await model.forward([[1, 2, 3, 4, 5], [0]], { logits: hasHead });
  demandFinite("hidden", result.hidden);
  if (result.logits) demandFinite("logits", result.logits);
  demandFinite("vectors", await model.pooled([[1, 2, 3]], { normalize: true }));
  model.dispose();
}

async function runDecoder(device: Device, files: Record<string, Blob>): Promise<void> {
  const { config, params } = await openDecoder(files);
  const model = new DecoderModel(device, config, params);
  const { logits } = await model.forward([[1, 2, 3, 4, 5], [0]], { logits: true, losses: true });
  demandFinite("logits", logits!);
  for await (const { logProb } of generate(model, [1, 2, 3], { maxNewTokens: 4 })) {
    demandFinite("log-probabilities", { data: [logProb] });
  }
  model.dispose();
}

/** {@link Target} of configurations. */
export const configs: Target = {
  name: "configs",
  open() {
    const device = new ReferenceDevice();
    const files = bases.map((json, seed) => weightsOf(json, seed));
    return Promise.resolve(async (draw: Draw): Promise<Outcome> => {
      const at = draw.below(bases.length), json = structuredClone(bases[at]);
      for (let i = draw.pick([0, 1, 1, 1, 2, 3]); i > 0; i--) changeJson(draw, json);
      const text = hostileText(draw, json, draw.pick([0, 0, 0, 1, 2]));
      const weights = draw.chance(0.5) && fits(json) ? weightsOf(json, draw.seed) : files[at];
      const given = { "config.json": new Blob([text]), "model.safetensors": weights };
      return await outcomeOf(() => isEncoder(bases[at]) ? runEncoder(device, given) : runDecoder(device, given));
    });
  },
};
