/** Streams from tokenizers that only decode whole lists: the same text, in linear time. */
import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { TextStream, type Tokenizer } from "../../src/infer/tokenizer.ts";
import { JsonTokenizer } from "../../src/tokenizer/tokenizer.ts";
import { byteLevel, llama, wordPiece } from "../tokenizer/support.ts";
import { texts } from "../tokenizer/texts.ts";

let decoded = 0;

/** A tokenizer without streams that counts the ids that it decodes. */
function plain(whole: JsonTokenizer): Tokenizer {
  return { encode: (text) => whole.encode(text), decode: (ids) => (decoded += ids.length, whole.decode(ids)) };
}

const tokenizers = [byteLevel(), llama(), wordPiece()].map((json) => plain(new JsonTokenizer(json)));

Deno.test("pieces and the rest are the text of all ids after that of the prompt", () => {
  const ids = fc.oneof(
    fc.array(fc.integer({ min: 2, max: 290 }), { maxLength: 90 }),
    texts.chain((text) => fc.constant(text)),
  );
  fc.assert(
    fc.property(fc.constantFrom(...tokenizers), ids, fc.nat(60), (tokenizer, given, cut) => {
      const ids = typeof given === "string" ? tokenizer.encode(given) : given;
      const prompt = ids.slice(0, cut),
        stream = new TextStream(tokenizer, prompt);
      const pieces = ids.slice(cut).map((id) => stream.push(id));
      const whole = tokenizer.decode(ids), before = tokenizer.decode(prompt);
      const changed = before.split("").findIndex((unit, i) => unit !== whole[i]); // an incomplete character at the cut
      assertEquals(pieces.join("") + stream.end(), whole.slice(changed < 0 ? before.length : changed));
      assertEquals(stream.pending, false);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a U+FFFD at the end of a prompt is not given again; bytes of a character that ids complete are", () => {
  const [bytes] = tokenizers;
  const run = (prompt: number[], ids: number[]) => {
    const stream = new TextStream(bytes, prompt);
    return ids.map((id) => stream.push(id)).join("") + stream.end();
  };
  assertEquals(run(bytes.encode("a\ufffd"), bytes.encode("b\ufffd")), "b\ufffd");
  assertEquals(run(bytes.encode("a\ufffd"), bytes.encode("\ufffd")), "\ufffd");
  assertEquals(run(bytes.encode("\ufffd\ufffd"), []), "");
  const euro = bytes.encode("€");
  assertEquals(run(euro.slice(0, -1), [euro.at(-1)!, ...bytes.encode("b")]), "€b");
  assertEquals(run(euro.slice(0, 1), euro.slice(1)), "€");
});

Deno.test("bytes that never form a character take linear time", () => {
  const bytes = [0xf0, 0x9f, 0x98, 0xff].map((byte) => 3 + byte);
  const idsDecoded = (n: number, stream: TextStream) => {
    decoded = 0;
    for (let i = 0; i < n; i++) stream.push(bytes[i % 4]);
    return decoded;
  };
  const [short, long] = [500, 5000].map((n) => idsDecoded(n, new TextStream(tokenizers[1], [])));
  assert(long < 12 * short, `${short} ids decoded for 500, ${long} for 5000`);
  idsDecoded(16_000, new TextStream(new JsonTokenizer(llama()), []));
  assertEquals(decoded, 0); // a tokenizer with streams of its own decodes nothing again
});
