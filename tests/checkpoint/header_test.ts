import { assertEquals, assertRejects } from "@std/assert";
import { open, rawFile, row } from "./support.ts";

const x = (dtype: string, shape: string, offsets: string) =>
  `{"x":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`;
const F32 = '"F32"';

/** What is wrong, the header, the bytes of data, and what the error must say. */
const refused: [string, string, number, string][] = [
  ["unknown dtype", x('"F33"', "[1]", "[0,4]"), 4, 'has dtype "F33", expected one of BOOL'],
  ["dtype of every object", x('"toString"', "[1]", "[0,4]"), 4, 'has dtype "toString"'],
  ["dtype that is no text", x("[[[]]]", "[1]", "[0,4]"), 4, "has dtype an array of 1"],
  ["missing dtype", '{"x":{"shape":[1],"data_offsets":[0,4]}}', 4, "has dtype nothing"],
  ["missing shape", '{"x":{"dtype":"F32","data_offsets":[0,4]}}', 4, "has nothing as its shape"],
  ["missing offsets", '{"x":{"dtype":"F32","shape":[1]}}', 4, "has data_offsets nothing"],
  ["negative size", x(F32, "[-1]", "[0,4]"), 4, "has shape [-1]"],
  ["two negative sizes", x(F32, "[-1,-1]", "[0,4]"), 4, "has shape [-1, -1]"],
  ["fraction", x(F32, "[0.5]", "[0,2]"), 2, "has shape [0.5]"],
  ["infinite size", x(F32, "[1e999]", "[0,4]"), 4, "has shape [Infinity]"],
  ["size as text", x(F32, '["1"]', "[0,4]"), 4, 'has shape ["1"]'],
  ["null size", x(F32, "[null]", "[0,4]"), 4, "has shape [null]"],
  ["size above 2^53", x(F32, "[9007199254740993]", "[0,4]"), 4, "has shape [9007199254740992]"],
  ["product above 2^53", x(F32, "[4294967296,4294967296]", "[0,0]"), 0, "product below 2^53"],
  ["product above 2^53 beside a zero", x(F32, "[0,4294967296,4294967296]", "[0,0]"), 0, "product below 2^53"],
  ["shape that is an object", x(F32, "{}", "[0,4]"), 4, "has an object as its shape"],
  ["very many sizes", x(F32, `[${"2,".repeat(99)}2]`, "[0,4]"), 4, "has shape [2, 2, 2, 2, 2, 2, 2, 2, …]"],
  ["offsets backwards", x(F32, "[1]", "[4,0]"), 4, "has bytes 4 to 0, but F32 of shape [1] takes 4"],
  ["negative offset", x(F32, "[1]", "[-4,0]"), 4, "has data_offsets [-4, 0]"],
  ["three offsets", x(F32, "[1]", "[0,4,8]"), 4, "has data_offsets [0, 4, 8]"],
  ["fractional offsets", x(F32, "[1]", "[0.5,4.5]"), 4, "has data_offsets [0.5, 4.5]"],
  ["bytes unlike the shape", x(F32, "[2]", "[0,4]"), 4, "has bytes 0 to 4, but F32 of shape [2] takes 8 bytes"],
  ["more bytes than the shape takes", x(F32, "[1]", "[0,8]"), 8, "has bytes 0 to 8, but F32 of shape [1] takes 4"],
  ["bytes past the end", x(F32, "[2]", "[0,8]"), 4, "it is cut short"],
  ["far past the end", x(F32, "[1000000000000]", "[0,4000000000000]"), 4, "it is cut short"],
  ["bytes left over", x(F32, "[1]", "[0,4]"), 5, "it has bytes that belong to no tensor"],
  ["bytes without tensors", "{}", 1, "it has bytes that belong to no tensor"],
  ["hole", `{${row("a", "U8", [2], 0, 2)},${row("b", "U8", [2], 3, 5)}}`, 5, 'tensor "b" starts at byte 3'],
  ["hole at the start", `{${row("a", "U8", [2], 1, 3)}}`, 3, "leaving a hole"],
  ["overlap", `{${row("a", "U8", [3], 0, 3)},${row("b", "U8", [2], 2, 4)}}`, 4, "they overlap"],
  ["the same bytes twice", `{${row("a", "U8", [3], 0, 3)},${row("b", "U8", [3], 0, 3)}}`, 3, "they overlap"],
  ["empty tensor inside another", `{${row("a", "U8", [3], 0, 3)},${row("b", "U8", [0], 1, 1)}}`, 3, "they overlap"],
  ["a name twice", `{${row("a", "U8", [1], 0, 1)},${row("a", "U8", [1], 1, 2)}}`, 2, 'key "a" occurs twice'],
  [
    "a name twice, escaped",
    `{${row("a", "U8", [1], 0, 1)},"\\u0061":${row("a", "U8", [1], 1, 2).slice(4)}}`,
    2,
    "twice",
  ],
  ["dtype twice", '{"x":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1, 'key "dtype" occurs twice'],
  ["tensor that is null", '{"x":null}', 0, 'tensor "x" is null, expected an object'],
  ["tensor that is a list", '{"x":[1]}', 0, 'tensor "x" is an array of 1, expected an object'],
  ["__proto__ that is no tensor", '{"__proto__":5}', 0, 'tensor "__proto__" is 5, expected an object'],
  ["metadata that is a number", '{"__metadata__":1}', 0, "__metadata__ is 1, expected an object"],
  ["metadata of numbers", '{"__metadata__":{"n":1}}', 0, '__metadata__ "n" not a string'],
  ["not JSON", "{x}", 0, 'not valid JSON, line 1, column 2: expected a key or "}"'],
  ["JSON cut short", '{"x":', 0, "line 1, column 6: the text ends"],
  ["something after the JSON", "{}{}", 0, "line 1, column 3: expected the end"],
  ["an array", "[]", 0, 'does not start with "{"'],
  ["space first", " {}", 0, 'does not start with "{"'],
  ["deep JSON", `{"x":${"[".repeat(1e6)}${"]".repeat(1e6)}}`, 0, "line 1, column 133: it is nested more than 128 deep"],
  ["JSON cut short inside objects", `{"x":${'{"x":'.repeat(100)}`, 0, "the text ends"],
  ["long name", `{"${"n".repeat(1e6)}":1}`, 0, "nnn…"],
  [
    "name above the limit",
    `{${row("n".repeat(1025), "U8", [1], 0, 1)}}`,
    1,
    "has a name of 1025 characters, at most 1024",
  ],
];

for (const [what, header, data, message] of refused) {
  Deno.test(`a header is refused: ${what}`, async () => {
    const error = await assertRejects(() => open(rawFile(header, data)), Error, message);
    assertEquals(/^Cannot read (the header of )?model\.safetensors: /.test(error.message), true, error.message);
    assertEquals(error.message.includes("\n") || error.message.length > 400, false, error.message);
  });
}

Deno.test("bytes that are not UTF-8 are refused", async () => {
  const file = rawFile('{"?":1}');
  file[file.indexOf(0x3f)] = 0xff;
  await assertRejects(() => open(file), Error, "its 7 bytes are not UTF-8 text");
});

Deno.test("unusual headers are read: empty, padded, 0-d, zero-size, unordered, named like an object's own", async () => {
  assertEquals((await open(rawFile("{}"))).names(), []);
  assertEquals((await open(rawFile("{}      \n"))).totalBytes, 0);
  const scalar = await open(rawFile(x('"U8"', "[]", "[0,1]"), Uint8Array.of(7)));
  assertEquals(await scalar.readInts("x"), Int32Array.of(7));
  const empty = await open(rawFile(x(F32, "[3,0,5]", "[0,0]")));
  assertEquals(await empty.read("x"), new Float32Array(0));
  const rows = [row("__proto__", "U8", [1], 3, 4), row("b", "I8", [0], 3, 3), row("constructor", "BOOL", [3], 0, 3)];
  const mixed = await open(rawFile(`{${rows.join(",")}, "__metadata__":{"__proto__":"p"}}`, Uint8Array.of(1, 0, 1, 9)));
  assertEquals(mixed.names(), ["constructor", "b", "__proto__"]);
  assertEquals(await mixed.readInts("__proto__"), Int32Array.of(9));
  assertEquals(mixed.metadata["__proto__"], "p");
  assertEquals(Object.keys(mixed.metadata), ["__proto__"]);
});
