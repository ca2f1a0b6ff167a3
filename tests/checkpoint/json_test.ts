import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { findJsonFault } from "../../src/checkpoint/json_fault.ts";
import { readJson } from "../../src/checkpoint/json.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { utf8 } from "./support.ts";

const read = (content: string | Uint8Array<ArrayBuffer>) =>
  readJson(openSource({ "config.json": typeof content === "string" ? utf8(content) : content }));

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON texts with a few characters changed to ones that matter to the grammar. */
const nearlyJson = fc.tuple(
  fc.oneof(fc.json(), fc.jsonValue().map((value) => JSON.stringify(value, null, "\t"))),
  fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...'{}[]:,"\\ \n\t0123eE+-.tfnu/x\u0001\u00e9')), {
    maxLength: 3,
  }),
).map(([text, edits]) =>
  edits.reduce((now, [place, drop, insert]) => {
    const at = place % (now.length + 1);
    return now.slice(0, at) + insert + now.slice(at + drop);
  }, text)
);

Deno.test("a fault is found exactly where JSON.parse fails or a key is repeated", () => {
  const seen = { valid: 0, faulty: 0 };
  fc.assert(
    fc.property(nearlyJson, (text) => {
      const fault = findJsonFault(text);
      if (fault?.problem.endsWith("occurs twice")) return;
      seen[fault ? "faulty" : "valid"]++;
      assertEquals(fault === undefined, parses(text), JSON.stringify(fault));
    }),
    { numRuns: 5000 },
  );
  assertEquals(seen.valid > 500 && seen.faulty > 500, true, JSON.stringify(seen));
});

Deno.test("a repeated key is a fault at any depth, the same key in another object is not", () => {
  assertEquals(findJsonFault('{"a": [{"b": 1},\n {"b": 1, "c": {}, "b": 2}]}'), {
    line: 2,
    column: 20,
    problem: 'key "b" occurs twice',
    limited: false,
  });
  assertEquals(findJsonFault('{"a":{"a":[{"a":1},{"a":1}]}}'), undefined);
  assertEquals(findJsonFault('{"a":1,"\\u0061":1}')?.problem, 'key "\\u0061" occurs twice');
});

Deno.test("errors give line and column of the first fault", async () => {
  const cases: [string, string][] = [
    ['{\n  "a": 1,\n  "b": nul\n}', "line 3, column 8: expected a value"],
    ['{\n  "a": 1,\n}', "line 3, column 1: expected a key"],
    ['{"a": 1', 'line 1, column 8: the text ends, expected "," or a closing bracket'],
    ['{"a" 1}', 'line 1, column 6: expected ":"'],
    ['{"a": NaN}', "line 1, column 7: expected a value"],
    ["{'a': 1}", 'line 1, column 2: expected a key or "}"'],
    ['{"a": 01}', 'line 1, column 8: expected "," or a closing bracket'],
    ["", "line 1, column 1: the text ends, expected a value"],
    ["{} x", "line 1, column 4: expected the end"],
    ["<!DOCTYPE html>", "line 1, column 1: expected a value"],
  ];
  for (const [text, message] of cases) {
    await assertRejects(
      () => read(text),
      Error,
      `Cannot read config.json of the given files: not valid JSON, ${message}`,
    );
  }
});

Deno.test("config.json must be there, be text and hold an object", async () => {
  await assertRejects(
    () => readJson(openSource({})),
    Error,
    "Cannot read config.json: there is none in the given files",
  );
  await assertRejects(() => read("[1, 2]"), Error, "expected an object, found an array of 2");
  await assertRejects(() => read("null"), Error, "expected an object, found null");
  await assertRejects(() => read('"text"'), Error, 'expected an object, found "text"');
  await assertRejects(() => read(Uint8Array.of(0x7b, 0xff, 0x7d)), Error, "its 3 bytes are not UTF-8 text");
  await assertRejects(() => read("[".repeat(128)), Error, "line 1, column 129: the text ends");
  assertEquals(await read('\ufeff{"a": {"b": [1, "é"]}}\n'), { a: { b: [1, "é"] } });
});

Deno.test("a file above its limit of bytes is refused unread", async () => {
  const sized = (size: number) => ({
    ...openSource({}),
    size: () => Promise.resolve(size),
    read: () => Promise.reject("was read"),
  });
  await assertRejects(() => readJson(sized(16_000_001)), Error, "16000001 bytes, at most 16000000");
  for (const file of ["tokenizer.json", "model.safetensors.index.json"]) {
    await assertRejects(() => readJson(sized(100_000_001), file), Error, "100000001 bytes, at most 100000000");
    assertEquals(await readJson(sized(16_000_001), file).catch((error) => error), "was read");
  }
});
