/** The public surface: an addition to mod.ts is a decision, made here. */
import { assertEquals } from "@std/assert";

const MOST = 75;

/** Names of mod.ts, by what they are for. */
const NAMES = {
  models:
    "Decoder Encoder Model loadModel DeviceOptions LoadOptions CreateOptions SaveOptions MergeOptions WeightDtype " +
    "CheckpointSource Progress Tokenizer",
  devices: "openDevice DeviceName OpenOptions Device HostTensor ShortageError",
  configurations: "CommonConfig ConfigObject DecoderConfig EncoderConfig ExpertsConfig RecursionSettings " +
    "decoderPreset decoderPresetNames encoderPreset encoderPresetNames",
  inference:
    "GenerateOptions LogitsProcessor Prompt Piece NumberedPiece FillOptions Candidate EncodeOptions Encoded TruncateOptions CutSequence Pooling " +
    "ForwardOptions DecoderResult EncoderForwardOptions EncoderResult RecursionResult ExpertResult",
  scores: "Score ScoreOptions SelectionOptions Perplexity PerplexityOptions TokenScore TopToken",
  serving: "WarmupOptions Engine EngineOptions EngineStatus Generation Finish",
  training: "Trainer TrainerOptions StepLine CausalLM CausalLMOptions MaskedLM MaskedLMOptions TrainingBatch " +
    "LossFactors OptimizerConfig OptimizerState Schedule learningRate",
};

Deno.test("mod.ts exports the names that were decided on, written by hand", async () => {
  const source = await Deno.readTextFile(new URL("../../mod.ts", import.meta.url));
  assertEquals(/export \*/.test(source), false, "mod.ts lists its exports by name");
  const lists = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].map(([, list]) => list);
  const names = lists.flatMap((list) => list.split(",")).map((name) => name.trim().replace(/^type /, "")).filter(
    Boolean,
  );
  const decided = Object.values(NAMES).flatMap((list) => list.split(" "));
  assertEquals(names.sort(), decided.sort());
  assertEquals(names.length <= MOST, true, `${names.length} names, ${MOST} is the most`);
});

Deno.test("entry points of models, training and checkpoints list their exports by name", async () => {
  for (const entry of ["model", "train", "checkpoint"]) {
    const source = await Deno.readTextFile(new URL(`../../src/${entry}.ts`, import.meta.url));
    assertEquals(/export (?:type )?\*/.test(source), false, `src/${entry}.ts`);
  }
});

Deno.test("every entry point is linted as documentation, and published", async () => {
  const { exports, tasks, publish } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  for (const path of Object.values<string>(exports).map((path) => path.slice(2))) {
    assertEquals(tasks["ok:checks"].command.includes(` ${path} `), true, `${path} in ok:checks`);
    const included = publish.include.some((part: string) => path === part || path.startsWith(part));
    assertEquals(included, true, `${path} is published`);
  }
});
