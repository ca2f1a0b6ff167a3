// The numbers that docs/mor.md states: index maps, capacities, parameter counts, FLOPs, cache sizes.
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { account } from "../../src/model/account.ts";
import type { Sharing } from "../../src/model/config/config.ts";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import { countParameters } from "../../src/model/parameters.ts";
import { decoderPreset, encoderPreset } from "../../src/model/config/presets.ts";
import { capacities, keptTokens, sharingFault, uniqueLayer, uniqueLayers } from "../../src/model/config/sharing.ts";
import { smallDecoder } from "../support/models.ts";

const indexMap = (L: number, sharing: Sharing, N: number) => {
  const config = smallDecoder({ num_hidden_layers: L, recursion: { sharing, num_recursions: N } });
  return Array.from({ length: L }, (_, l) => uniqueLayer(config, l));
};

Deno.test("sharing: unrolled layers use the unique layers of the paper's table 1", () => {
  assertEquals(indexMap(6, "none", 1), [0, 1, 2, 3, 4, 5]);
  assertEquals(indexMap(6, "cycle", 3), [0, 1, 0, 1, 0, 1]);
  assertEquals(indexMap(6, "sequence", 3), [0, 0, 0, 1, 1, 1]);
  assertEquals(indexMap(8, "middle_cycle", 3), [0, 1, 2, 1, 2, 1, 2, 3]);
  assertEquals(indexMap(8, "middle_sequence", 3), [0, 1, 1, 1, 2, 2, 2, 3]);
});

Deno.test("sharing: unique layers are L/N, or b + 2", () => {
  const unique = (L: number, sharing: Sharing, N: number) =>
    uniqueLayers(smallDecoder({ num_hidden_layers: L, recursion: { sharing, num_recursions: N } }));
  assertEquals([unique(32, "middle_cycle", 3), unique(34, "middle_cycle", 4), unique(6, "cycle", 3)], [12, 10, 2]);
});

Deno.test("sharing: a number of layers that does not fit names the nearest that does", () => {
  assertEquals(sharingFault(30, "middle_cycle", 3)?.includes("nearest number of layers that fits is 29"), true);
  assertEquals(sharingFault(32, "middle_cycle", 3), undefined);
  const json = { ...sized, recursion: { sharing: "cycle", num_recursions: 4 } };
  assertThrows(() => parseDecoderConfig(json), RangeError, "30 layers do not divide by 4 recursions");
});

const sized = { hidden_size: 8, num_attention_heads: 2, num_hidden_layers: 30, intermediate_size: 8, vocab_size: 9 };

Deno.test("capacities: c_r = (N − r + 1)/N of the original length, at least one token", () => {
  assertEquals(capacities({ N: 4 }), [1, 0.75, 0.5, 0.25]);
  assertEquals(capacities({ N: 3 }).map((c) => keptTokens(c, 18)), [18, 12, 6]);
  assertEquals(capacities({ N: 3 }).map((c) => keptTokens(c, 17)), [17, 11, 5]);
  assertEquals(keptTokens(0.25, 1), 1);
  assertEquals(capacities({ N: 2, capacity: [1, 0.3] }), [1, 0.3]);
});

Deno.test("parameters: a layer of each family, and unique layers by N, count as in the paper", () => {
  const layer = (name: string) => countParameters(decoderSchema(decoderPreset(name)).layers[0]);
  assertEquals(["135m", "360m", "730m", "1.7b"].map((size) => layer(`vanilla-${size}`)), [
    3_540_096,
    9_832_320,
    25_168_896,
    67_112_960,
  ]);
  const millions = (name: string) => Math.round(countParameters(decoderSchema(decoderPreset(name)).layers) / 1e6);
  assertEquals(["mor-360m-2", "mor-360m-3", "mor-360m-4", "mor-730m-3"].map(millions), [167, 118, 98, 252]);
  const layers = (name: string) => decoderSchema(decoderPreset(name)).layers.length;
  const names = ["mor-135m-2", "mor-135m-3", "mor-360m-2", "mor-1.7b-2", "mor-1.7b-3"];
  assertEquals(names.map(layers), [16, 12, 17, 13, 10]);
});

Deno.test("parameters: SmolLM and ModernBERT shapes have their published sizes, ModernALBERT tiny exactly", () => {
  assertEquals(countParameters(decoderSchema(decoderPreset("smollm-135m"))), 134_515_008);
  assertEquals(countParameters(decoderSchema(decoderPreset("smollm-360m"))), 361_821_120);
  assertEquals(countParameters(encoderSchema(encoderPreset("modernbert-base"))), 149_655_232);
  assertEquals(countParameters(encoderSchema(encoderPreset("modernalbert-tiny"))), 49_793_728);
});

const megaflops = (name: string, recursion = {}) => {
  const config = decoderPreset(name);
  return account({ ...config, recursion: { ...config.recursion, ...recursion } }, 2048).flopsPerToken / 1e6;
};

Deno.test("FLOPs: the closed form of the 360M family at 2048 tokens", () => {
  assertAlmostEquals(megaflops("vanilla-360m"), 833.618, 5e-4);
  assertAlmostEquals(megaflops("mor-360m-4", { routing: "none" }), 885.719, 5e-4);
  assertAlmostEquals(megaflops("mor-360m-2"), 623.493, 5e-4);
  assertAlmostEquals(megaflops("mor-360m-3"), 555.636, 5e-4);
  assertAlmostEquals(megaflops("mor-360m-4"), 553.452, 5e-4);
  assertAlmostEquals(megaflops("mor-360m-3", { kv: "share" }), 536.248, 5e-4);
});

Deno.test("keys and values: the block holds (N+1)/(2N) of vanilla's rows, or 1/N when shared", () => {
  for (const N of [2, 3, 4]) {
    const config = decoderPreset(`mor-360m-${N}`);
    const vanilla = (config.L - 2) * 1200;
    assertAlmostEquals(account(config, 1200).blockRows / vanilla, (N + 1) / (2 * N), 1e-12);
    const shared = { ...config, recursion: { ...config.recursion, kv: "share" as const } };
    assertAlmostEquals(account(shared, 1200).blockRows / vanilla, 1 / N, 1e-12);
  }
  const plain = decoderPreset("vanilla-360m");
  assertEquals(account(plain, 100).kvBytes, account(plain, 100).vanillaKvBytes);
});

Deno.test("presets: an unknown name is refused with the nearest", () => {
  assertThrows(() => decoderPreset("mor-360m-33"), RangeError, "nearest name is mor-360m-3");
  assertThrows(() => encoderPreset("modernalbert"), RangeError, "nearest name is modern");
});
