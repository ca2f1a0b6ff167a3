/** Names of runs. */
import { assertEquals } from "@std/assert";
import { runName } from "../../cli/train/name.ts";

Deno.test("a run is named by its folder, its configuration or a parent folder, the first that is not a common name", () => {
  assertEquals(runName("/home/me/llama-run", "bench/curves/llama.json"), "llama-run");
  assertEquals(runName("/home/me/run", "../tiny-llama.json"), "tiny-llama");
  assertEquals(runName("/home/me/models/stories-mor/run", "models/stories-mor/train.json"), "stories-mor");
  assertEquals(runName("C:\\models\\small\\Out", "train.JSON"), "small");
  assertEquals(runName("/run", "config.json"), "run");
});
