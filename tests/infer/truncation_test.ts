/** Texts with too many tokens are refused, or cut between their special tokens and reported; any number of texts is encoded. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";
import type { Tokenizer } from "../../src/infer/tokenizer.ts";
import { fitSequences } from "../../src/infer/truncation.ts";
import { type EncoderParams, encoderSchema } from "../../src/model/encoder_schema.ts";
import type { Device, HostTensor } from "../../src/op/device.ts";
import { gpuTest } from "../support/gpu.ts";
import { encoderOn, largestDifference, smallEncoder, someIds, spreadWeights } from "../support/models.ts";

/** A tokenizer of letters, framed by 29 and 30. */
const tokenizer: Tokenizer = {
  encode: (text, { bare = false } = {}) => {
    const ids = Array.from(text, (letter) => letter.charCodeAt(0) - 96);
    return bare ? ids : [29, ...ids, 30];
  },
  decode: (ids) => ids.map((id) => String.fromCharCode(96 + id)).join(""),
};

/** A small encoder with this tokenizer; texts have a declared most number of tokens where one is given. */
function onText(device: Device, maxTokens?: number): EncoderModel {
  const config = smallEncoder(), params = spreadWeights<EncoderParams<HostTensor>>(encoderSchema(config), 1);
  const declared = { poolings: ["mean"], steps: [], prompt: "", lowerCase: false } as const;
  return new EncoderModel(device, config, params, tokenizer, true, maxTokens ? { ...declared, maxTokens } : undefined);
}

Deno.test("fitSequences: tokens go at one end, special ones stay, and cuts are reported", () => {
  const how = { action: "encode", most: 5, name: (i: number) => `text ${i + 1}`, frame: { before: 1, after: 1 } };
  const texts = [[29, 1, 2, 3, 4, 5, 30], [29, 6, 30], [29, 1, 2, 3, 30]];
  const cut = [{ index: 0, tokens: 7, kept: 5 }];
  assertEquals(fitSequences(texts, { ...how, truncate: "end" }), {
    sequences: [[29, 1, 2, 3, 30], ...texts.slice(1)],
    cut,
  });
  assertEquals(fitSequences(texts, { ...how, truncate: "start" }).sequences[0], [29, 3, 4, 5, 30]);
  assertEquals(fitSequences([[1, 2, 3]], { ...how, most: 1, truncate: "end" }).sequences, [[1]]);
  assertEquals(fitSequences([[1, 2, 3]], { ...how, most: 2, frame: undefined, truncate: "start" }).sequences, [[2, 3]]);
});

Deno.test("encode: a cut text has the vector of what is left, and is listed", async () => {
  const device = new ReferenceDevice(), model = onText(device), long = "abcdefghij".repeat(8);
  for (const [truncate, left] of [["end", long.slice(0, 62)], ["start", long.slice(18)]] as const) {
    const { data, cut } = await model.encode(["ab", long], { truncate });
    assertEquals(cut, [{ index: 1, tokens: 82, kept: 64 }]);
    assertEquals(data, (await model.encode(["ab", left])).data);
  }
  const { data, cut } = await model.encode(["abcd", "ab"], { truncate: "end", maxLength: 4 });
  assertEquals(cut, [{ index: 0, tokens: 6, kept: 4 }]);
  assertEquals(data.slice(0, 16), data.slice(16));
  assertEquals("cut" in await model.encode(["abcd"]), false);
  const ids = await model.pooled([[29, 1, 2, 30]], { truncate: "start", maxLength: 2 });
  assertEquals([ids.cut, ids.data], [[{ index: 0, tokens: 4, kept: 2 }], (await model.pooled([[2, 30]])).data]);
  const declared = await onText(device, 4).encode(["abcd"]);
  assertEquals([declared.cut, declared.data], [[{ index: 0, tokens: 6, kept: 4 }], data.slice(0, 16)]);
});

Deno.test("encode: longer texts are refused with their numbers where no end is named", async () => {
  const model = onText(new ReferenceDevice()),
    refused = (message: string, options = {}) =>
      assertRejects(() => model.encode(["a", "b".repeat(90)], options), RangeError, message);
  await refused("Cannot encode: text 2 has 92 tokens, 64 is the most; truncate shortens it");
  await refused("Cannot encode: text 2 has 92 tokens, 5 is the most; truncate shortens it", { maxLength: 5 });
  await refused("Cannot encode: maxLength is 65, expected a whole number from 1 to 64", { maxLength: 65 });
  await refused('Cannot encode: truncate is "left", expected one of start, end', { truncate: "left" });
});

gpuTest("encode: 5,000 texts in groups, each with the vector that it has alone", async (gpu) => {
  const model = encoderOn(gpu), texts = Array.from({ length: 5000 }, (_, i) => someIds(i, 1 + i % 37, 31));
  const { shape, data } = await model.pooled(texts, { normalize: true });
  assertEquals(shape, [5000, 16]);
  for (const i of [0, 1, 36, 2500, 4999]) {
    const alone = await model.pooled([texts[i]], { normalize: true });
    assert(largestDifference(alone.data, data.slice(16 * i, 16 * i + 16)) < 1e-5);
  }
  model.dispose();
});
