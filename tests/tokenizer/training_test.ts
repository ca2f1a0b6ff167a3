/** Training and inference encode alike, for any text and tokenizer. */
import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { textEncoder } from "../../cli/data/encoder.ts";
import { loadTokenizer } from "../../src/infer/load_tokenizer.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { added, byteLevel, KINDS } from "./support.ts";
import { texts } from "./texts.ts";

const file = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));

/** What inference and training make of a text. */
async function both(json: Json, config: Json = {}) {
  const inference = await loadTokenizer(
    openSource({ "tokenizer.json": file(json), "tokenizer_config.json": file(config) }),
  );
  const training = textEncoder(json, config), { before, after } = training.frame;
  return {
    inference: (text: string) => inference!.encode(text),
    training: (text: string) => [...before, ...training.encode(text), ...after],
    bare: training.encode,
  };
}

Deno.test("training encodes as inference does: every kind of tokenizer", async () => {
  for (const json of Object.values(KINDS)) {
    const { inference, training } = await both(json());
    fc.assert(fc.property(texts, (text) => assertEquals(training(text), inference(text))), { numRuns: 150 });
  }
});

Deno.test("training encodes as inference does: added tokens of blanks, letters and marks with any flags", async () => {
  const flag = fc.boolean();
  const flags = fc.record({ single_word: flag, lstrip: flag, rstrip: flag, normalized: flag, special: flag });
  const contents = fc.uniqueArray(fc.constantFrom("  ", "   ", "\n", "swam", "a ", " a", "<x>", "€"), {
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(
      contents,
      fc.array(flags, { minLength: 5, maxLength: 5 }),
      texts,
      async (contents, flags, text) => {
        const { inference, training } = await both(
          byteLevel(contents.map((content, i) => added(276 + i, content, flags[i]))),
        );
        assertEquals(training(text), inference(text));
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("two blanks that are one token are one token in a training text, too", async () => {
  const { inference, bare } = await both(byteLevel());
  const [a, b] = [...bare("a"), ...bare("b")];
  assertEquals(bare("a  b"), [a, 276, b]);
  assertEquals(bare("a      b"), [a, 277, 276, b]);
  assertEquals(inference("a  b"), [0, a, 276, b]);
  assertEquals(bare("a<|endoftext|>b"), [a, 0, b]);
});
