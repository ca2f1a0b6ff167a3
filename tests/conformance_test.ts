/** Conformance reports faults: generated golden folders with one change each. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { checkGolden, findingsOf, measure } from "../cli/conformance/check.ts";
import type { Finding } from "../cli/conformance/compare.ts";
import { openGolden } from "../cli/conformance/golden.ts";
import { quantitiesOf } from "../cli/conformance/model.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { type Recorded, writeGolden } from "./support/golden_folder.ts";
import type { Sample } from "./support/random_models.ts";

const experts = { num_experts: 3, top_k: 2, lora_rank: 2, lora_alpha: 4 };

const decoder: Sample = {
  json: {
    hidden_size: 16,
    intermediate_size: 24,
    vocab_size: 29,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    num_hidden_layers: 8,
    max_position_embeddings: 32,
    eos_token_id: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "expert", alpha: 1 },
    mol: { ...experts, layers: [1, 3] },
    loss_coefficients: { router_aux: 0.01, mol_balance: 0.1 },
  },
  tied: false,
  seed: 5,
  lengths: [9, 9],
};

const encoder: Sample = {
  json: {
    model_type: "modernalbert",
    hidden_size: 16,
    intermediate_size: 12,
    expert_intermediate_size: 20,
    embedding_size: 8,
    vocab_size: 31,
    num_attention_heads: 2,
    num_hidden_layers: 4,
    group_depth: 2,
    mol_groups: [0],
    max_position_embeddings: 32,
    load_balancing_loss_coef: 0.1,
    ...experts,
  },
  seed: 3,
  lengths: [7, 4, 1],
};

/** Findings that do not agree, as `quantity: outcome`. */
function faults(findings: readonly Finding[]): string[] {
  return findings.filter(({ outcome }) => outcome !== "ok").map(({ quantity, outcome }) => `${quantity}: ${outcome}`);
}

/** What does not agree in a folder that is generated with a change. */
async function faultsOf(sample: Sample, change?: (recorded: Recorded) => void): Promise<string[]> {
  const golden = await openGolden(await writeGolden(sample, change));
  return faults(await checkGolden(golden, { reference: new ReferenceDevice() }));
}

Deno.test("conformance: correct values pass, for any padding and any scores of rows that are no candidates", async () => {
  assertEquals(await faultsOf(encoder), []);
  const found = await faultsOf(decoder, (recorded) => {
    assertEquals(recorded["generate.ids"].shape, [2, 7], "generation does not end at an end token");
    const { data } = recorded["train.score.2"];
    recorded["train.active.1"].data.forEach((active, i) => active || (data[i] = 1e9));
    assert(data.includes(1e9), "some rows are no candidates");
  });
  assertEquals(found, []);
});

Deno.test("conformance: every kind of quantity is looked at", async () => {
  const ofDecoder = ["train.logits", "train.active.2", "infer.score.0", "infer.hidden", "train.loss.mol_balance"];
  const ofEncoder = ["infer.logits", "infer.pooled.mean", "train.loss.mlm", "merged.factor.groups.0.mlp.Wo.weight"];
  const quantities = [
    [decoder, [...ofDecoder, "generate.logits", "generate.depth"]],
    [encoder, [...ofEncoder, "merged.delta.hidden"]],
  ] as const;
  for (const [sample, names] of quantities) {
    const { model, task } = await openGolden(await writeGolden(sample)); // inputs and weights are those of every folder
    const measured = await measure(model, task);
    const actual = await quantitiesOf(new ReferenceDevice(), model, task, true);
    for (const name of names) {
      const golden = await openGolden(
        await writeGolden(sample, (recorded) => {
          const { data } = recorded[name];
          data[data.length - 1] += data instanceof Int32Array ? 1 : 0.01;
        }),
      );
      assertEquals(faults(findingsOf(golden, measured, actual, "reference")), [`${name}: miss`], name);
    }
  }
});

Deno.test("conformance: NaN, another shape and an unknown name fail", async () => {
  const found = await faultsOf(encoder, (recorded) => {
    recorded["infer.hidden"].data[3] = NaN;
    recorded["train.loss.mlm"] = { shape: [2], data: new Float32Array(2) };
    recorded["infer.entropy"] = { shape: [1], data: new Float32Array(1) };
    recorded["grad.final_norm.bias"] = { shape: [16], data: new Float32Array(16) };
  });
  assertEquals(found.sort(), [
    "grad.final_norm.bias: unknown",
    "infer.entropy: unknown",
    "infer.hidden: miss",
    "train.loss.mlm: miss",
  ]);
});

Deno.test("conformance: a folder whose inputs make no sense is refused", async () => {
  const opened = async (change: (recorded: Recorded) => void) => await openGolden(await writeGolden(encoder, change));
  await assertRejects(() => opened(({ attention_mask }) => attention_mask.data[0] = 0), Error, "attention_mask");
  await assertRejects(() => opened((recorded) => delete recorded.input_ids), Error, "no input_ids");
  await assertRejects(() => openGolden(Deno.makeTempDirSync()), Error, "not a golden folder");
});

Deno.test("conformance: the command's exit code, table and JSON", async () => {
  const run = async (...args: string[]) => {
    const command = ["run", "-A", "--no-check", "cli/conformance.ts", "--device", "reference", ...args];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: command }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  };
  const right = await writeGolden(encoder);
  const wrong = await writeGolden(encoder, (recorded) => recorded["infer.logits"].data[0] += 1);
  const { code, stdout } = await run(right);
  assertEquals(code, 0);
  assertStringIncludes(stdout, ", 0 missed");
  const both = await run("--json", right, wrong);
  assertEquals(both.code, 1);
  assertEquals(JSON.parse(both.stdout).missed, 1);
  const none = await run();
  assert(none.code !== 0 && none.stderr.trim().split("\n").length === 1, none.stderr);
});
