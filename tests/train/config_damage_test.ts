// A damaged training configuration is read, or refused with one error, whatever stands where.
import { assert } from "@std/assert";
import fc from "fast-check";
import { readTrainingConfig } from "../../src/train/config/read.ts";
import { describeTrainingKeys } from "../../src/train/config/describe.ts";
import { changed, training } from "../support/training_json.ts";

const keys = describeTrainingKeys().map(([key]) => key.replace("[]", ".0")).concat(
  ...["model.hidden_size", "model.num_hidden_layers", "model.num_attention_heads", "model.vocab_size", "model.mol"],
  ...["model.rope_scaling", "model.model_type", "model.recursion", "data", "data.train.0", "optimizer", "schedule"],
  ...["start", "teacher", "losses", "data.train.0.sample", "model.eos_token_id", "model.layer_types"],
);

const damage = fc.tuple(
  fc.constantFrom(...keys),
  fc.oneof(
    fc.constantFrom<unknown>(null, undefined, true, "", "x", -1, 0, 0.5, 1e300, 2 ** 31, {}, [], [1], [[]], { a: 1 }),
    fc.constantFrom<unknown>("expert", "token", "masked", "modernbert", "modernalbert", "llama", "constant"),
    fc.integer({ min: 1, max: 40 }),
  ),
);

Deno.test("damaged configurations are read or refused with one error", () => {
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
      const json = damages.reduce((json, [key, to]) => changed(key, to, json), training);
      try {
        const { steps, data } = readTrainingConfig(json);
        assert(steps >= 1 && data.batch >= 1 && data.sequence_length >= 1);
      } catch (error) {
        assert(error instanceof RangeError, String((error as Error).stack));
        assert(error.message.startsWith("Cannot read the configuration: "), error.message);
        assert(!/NaN|Infinity|undefined|object Object/.test(error.message), error.message);
      }
    }),
    { numRuns: 3000 },
  );
});
