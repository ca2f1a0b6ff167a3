/** A damaged `tokenizer.json` is one error with file and key, or gives valid ids. */
import fc from "fast-check";
import { assert } from "@std/assert";
import { FieldError, type Json } from "../../src/model/config/fields.ts";
import { JsonTokenizer } from "../../src/tokenizer/tokenizer.ts";
import { KINDS } from "./support.ts";

const values = fc.constantFrom<unknown>(
  ...[null, 0, -1, 1.5, 1e30, "", "x", "▁▁", "\u0000", true],
  ...[[], {}, [[]], [null], ["a", "b"], { type: "Sequence" }, { String: "" }, { Regex: "(" }],
);
const names = fc.constantFrom("type", "strange", "id", "pattern", "content");

/** Where the damage is, which key of an object it adds or changes, and the value; undefined takes the key away. */
const damage = fc.record({
  kind: fc.constantFrom(...Object.values(KINDS)),
  steps: fc.array(fc.nat(500), { minLength: 1, maxLength: 6 }),
  key: fc.option(names),
  value: fc.option(values, { nil: undefined }),
});

Deno.test("any damage is one error that names the file, or leaves a tokenizer that works", () => {
  fc.assert(
    fc.property(damage, ({ kind, steps, key, value }) => {
      const json = structuredClone(kind()) as Json;
      let node = json as Record<string, unknown>, last = "model";
      for (const step of steps) {
        const keys = Object.keys(node);
        if (keys.length === 0) break;
        last = keys[step % keys.length];
        const next = node[last];
        if (typeof next !== "object" || next === null || Object.keys(next).length === 0) break;
        if (step !== steps.at(-1)) node = next as Record<string, unknown>;
      }
      if (value === undefined && Array.isArray(node)) node.splice(Number(last), 1);
      else if (value === undefined) delete node[last];
      else node[key ?? last] = value;
      try {
        const ids = new JsonTokenizer(json).encode("the otter 🙂 a  b \ufffd é");
        assert(ids.every((id) => Number.isSafeInteger(id)), `${ids}`);
      } catch (error) {
        const { message } = error as Error;
        const unknown = error instanceof RangeError && message.startsWith("Cannot encode text: ");
        assert(unknown || error instanceof FieldError && message.startsWith("Cannot read tokenizer.json: "), message);
      }
    }),
    { numRuns: 1000 },
  );
});
