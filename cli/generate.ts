/** `deno task generate`: text from a decoder checkpoint. */
import type { Decoder } from "../mod.ts";
import { generateIds } from "../src/run/generate.ts";
import { breathe, INTERRUPTED, interruptible, note, print, runCommand } from "./support/command.ts";
import { deviceFlag } from "./support/device.ts";
import { helpFlag, numbersOf, type Values, wholeOf } from "./support/flags.ts";
import { counted } from "./support/table.ts";
import { demandTokenizer, loadModel, modelFlag, recursionFlag } from "./support/model.ts";

const command = {
  name: "generate",
  usage: "--model DIR --prompt TEXT [options]",
  about: `Continues a text greedily and prints it, prompt included, token by token. At the end standard error gets the
number of new tokens, the rate and, where recursions are routed, the mean depth of the tokens that chose them.`,
  flags: {
    ...modelFlag,
    prompt: { value: "TEXT", help: "what to continue" },
    ids: { value: "IDS", help: 'the prompt as token ids, "1 2 3"; ids are printed too (models without tokenizer)' },
    "max-new-tokens": { value: "N", help: "tokens at most, 256 unless given" },
    json: { help: "print one JSON object: prompt, text, and id, text and depth of every token" },
    ...recursionFlag,
    ...deviceFlag,
    ...helpFlag,
  },
  examples: [
    'deno task generate --model models/tiny --prompt "Once upon a time" --max-new-tokens 60',
    'deno task generate --model models/authors --prompt "The cat" --device reference \\',
    `    --recursion '{"sharing": "middle_cycle", "num_recursions": 3, "routing": "expert"}'`,
  ],
} as const;

/** One new token. */
interface Made {
  readonly text: string;
  readonly id: number;
  readonly depth: number;
}

/** The prompt as it is shown, and as ids where it was given so. */
interface Prompt {
  readonly shown: string;
  readonly ids?: readonly number[];
}

function promptOf({ prompt, ids }: Values<typeof command.flags>): Prompt {
  if ((prompt === undefined) === (ids === undefined)) {
    throw new Error("Cannot generate: expected --prompt TEXT or --ids IDS, one of them; see --help");
  }
  if (prompt !== undefined) return { shown: prompt };
  const list = numbersOf("ids", ids!, { whole: true });
  return { shown: list.join(" "), ids: list };
}

async function* tokensOf(decoder: Decoder, prompt: Prompt, maxNewTokens: number): AsyncGenerator<Made> {
  if (!prompt.ids) return yield* decoder.generate(prompt.shown, { maxNewTokens });
  for await (const { ids: [id], depth: [depth] } of generateIds(decoder, [prompt.ids], { maxNewTokens })) {
    yield { text: ` ${id}`, id, depth };
  }
}

/** Generates until the end or Ctrl-C; prints as it goes unless `quiet`. */
async function stream(decoder: Decoder, prompt: Prompt, most: number, quiet: boolean) {
  const made: Made[] = [];
  const show = (text: string) => quiet || print(text);
  return await interruptible(async (signal) => {
    show(prompt.shown);
    for await (const token of tokensOf(decoder, prompt, most)) {
      made.push(token);
      show(token.text);
      await breathe();
      if (signal.aborted) break;
    }
    show("\n");
    return { made, interrupted: signal.aborted };
  });
}

async function main(flags: Values<typeof command.flags>): Promise<number> {
  const prompt = promptOf(flags);
  const most = wholeOf("max-new-tokens", flags["max-new-tokens"] ?? "256", 0);
  const loaded = await loadModel(flags, "decoder");
  if (!prompt.ids) demandTokenizer(loaded);
  await using decoder = loaded.model;
  const started = performance.now();
  const { made, interrupted } = await stream(decoder, prompt, most, flags.json);
  if (flags.json) {
    const text = made.map(({ text }) => text).join("");
    print(`${JSON.stringify({ prompt: prompt.ids ?? prompt.shown, text, tokens: made })}\n`);
  }
  note(summary(decoder, made, (performance.now() - started) / 1000));
  return interrupted ? INTERRUPTED : 0;
}

function summary({ config: { recursion } }: Decoder, made: readonly Made[], seconds: number): string {
  const rate = `${counted(made.length, "token")}, ${(made.length / seconds).toPrecision(3)} tokens/s`;
  if (recursion.routing === "none" || made.length === 0) return rate;
  const depth = made.reduce((sum, { depth }) => sum + depth, 0) / made.length;
  return `${rate}, mean depth ${depth.toFixed(2)} of ${recursion.N}`;
}

if (import.meta.main) await runCommand(command, main);
