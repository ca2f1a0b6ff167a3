// docs/training.md lists the keys and terms of the tables.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { describeTrainingKeys } from "../../src/train/config/describe.ts";
import { routingTerms } from "../../src/train/statistics.ts";

const words = (text: string) => text.replace(/\s+/g, " ").trim();
const docs = await Deno.readTextFile(new URL("../../docs/training.md", import.meta.url));

Deno.test("docs/training.md explains the terms of progress lines in their words", () => {
  for (const [term, { about }] of Object.entries(routingTerms)) {
    assertStringIncludes(words(docs), `- \`${term}\`: ${about}`);
  }
});

Deno.test("docs/training.md has every key with its meaning, range and default, and no others", () => {
  const [, list] = docs.split("\n## Keys\n");
  const found = list.slice(list.indexOf("\n- ")).split("\n- ").slice(1).map(words);
  assertEquals(found, describeTrainingKeys().map(([key, text]) => words(`\`${key}\`: ${text}`)));
});
