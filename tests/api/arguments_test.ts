/** Arguments of the public functions are checked at run time, for callers without types. */
import { assertRejects } from "@std/assert";
import { loadModel } from "../../mod.ts";
import { decoder, encoder } from "./story_models.ts";

Deno.test("prompts, sequences, texts and sources of another type are refused with their type", async () => {
  const table: [() => Promise<unknown>, string][] = [
    [() => decoder.generate(5 as never).next(), "Cannot generate: the prompt is 5, expected a text or a list of ids"],
    [
      () => decoder.generate([[5], 5] as never).next(),
      "Cannot generate: the prompt is 5, expected a text or a list of ids",
    ],
    [() => decoder.generate([0.5]).next(), "Cannot run the model: id 0.5 at 0 of sequence 0 is outside the vocabulary"],
    [() => decoder.forward([5] as never), "Cannot run the model: sequence 0 is 5, expected a list of ids"],
    [() => encoder.forward("text" as never), 'Cannot run the model: sequences are "text", expected a list of them'],
    [() => encoder.encode("text" as never), 'Cannot encode: texts are "text", expected a list of them'],
    [() => encoder.fill(5 as never), "Cannot encode text: it is 5, expected a text"],
    [() => decoder.score(5 as never, ["a"]), "Cannot score: the prompt is 5, expected a text or a list of ids"],
    [() => decoder.score("a", "b" as never), 'Cannot score: continuations are "b", expected a list of them'],
    [() => decoder.score("a", [5 as never]), "Cannot score: continuation 1 is 5, expected a text or a list of ids"],
    [() => decoder.perplexity(5 as never), "Cannot score: the text is 5, expected a text or a list of ids"],
    [() => loadModel(5 as never), "Cannot open 5: expected a path, a URL, a model of the Hub, or files in memory"],
  ];
  for (const [call, message] of table) await assertRejects(async () => await call(), Error, message);
});
