/** `deno task generate`: text from a decoder checkpoint. */
import type { GenerateOptions, Piece } from "../mod.ts";
import type { DecoderModel } from "../src/infer/decoder.ts";
import { generate } from "../src/infer/generate.ts";
import { breathe, interruptedCode, interruptible, note, print, runCommand } from "./support/command.ts";
import { deviceFlag } from "./support/device.ts";
import { choiceOf, helpFlag, numberOf, numbersOf, seedOf, type Values, wholeOf } from "./support/flags.ts";
import { counted } from "./support/table.ts";
import { closing, demandTokenizer, loadModel, modelFlag, recursionFlag } from "./support/model.ts";

const command = {
  name: "generate",
  usage: "--model DIR --prompt TEXT [options]",
  about:
    `Continues a text and prints it, prompt included, as it comes: the likeliest token every time, unless a temperature,
a filter or a seed is given. At the end standard error gets the number of new tokens, the rate and, where recursions are
routed, the mean depth of the tokens that chose them.`,
  flags: {
    ...modelFlag,
    prompt: { value: "TEXT", help: "what to continue" },
    ids: { value: "IDS", help: 'the prompt as token ids, "1 2 3"; ids are printed too (models without tokenizer)' },
    "max-new-tokens": { value: "N", help: "tokens at most, 256 unless given" },
    temperature: { value: "T", help: "divides the logits: above 1 more variety, 0 the likeliest token" },
    "top-k": { value: "N", help: "only the N likeliest tokens" },
    "top-p": { value: "P", help: "only the likeliest tokens that have probability P together" },
    "min-p": { value: "P", help: "only tokens with at least P times the greatest probability" },
    "repetition-penalty": { value: "X", help: "makes tokens that were there before less likely; 1 does not" },
    seed: { value: "N", help: "the same seed gives the same text on the same device" },
    stop: { value: "TEXT", repeat: true, help: "ends before this text; may be given several times" },
    "stop-after": {
      value: "TEXT",
      repeat: true,
      help: "ends after this text, which is kept; may be given several times",
    },
    "max-length": { value: "N", help: "tokens of the prompt at most; the model's positions unless given" },
    truncate: { value: "END", help: "start or end: where a longer prompt loses tokens; without it, it is refused" },
    "max-depth": { value: "N", help: "recursions at most, where they are routed" },
    json: { help: "print one JSON object: prompt, text, and id, text, depth, logProb and score of every token" },
    ...recursionFlag,
    ...deviceFlag,
    ...helpFlag,
  },
  examples: [
    'deno task generate --model models/tiny --prompt "Once upon a time" --max-new-tokens 60',
    'deno task generate --model models/tiny --prompt "One day" --temperature 0.8 --top-p 0.95 --seed 7',
    'deno task generate --model models/authors --prompt "The cat" --device reference \\',
    `    --recursion '{"sharing": "middle_cycle", "num_recursions": 3, "routing": "expert"}'`,
  ],
} as const;

/** The prompt as text, and as ids if it was given by --ids. */
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

/** Sampling options from the flags. */
function optionsOf(flags: Values<typeof command.flags>): GenerateOptions {
  const given = <R>(name: keyof typeof flags & string, read: (name: string, given: string) => R) => {
    const value = flags[name];
    return typeof value === "string" ? read(name, value) : undefined;
  };
  const whole = (least: number) => (name: string, value: string) => wholeOf(name, value, least);
  if (flags.ids !== undefined && flags.stop.length + flags["stop-after"].length > 0) {
    throw new Error("Cannot generate: --stop and --stop-after are for text, and --ids makes ids");
  }
  return {
    maxNewTokens: given("max-new-tokens", whole(0)) ?? 256,
    temperature: given("temperature", numberOf),
    topK: given("top-k", whole(1)),
    topP: given("top-p", numberOf),
    minP: given("min-p", numberOf),
    repetitionPenalty: given("repetition-penalty", numberOf),
    seed: given("seed", seedOf),
    maxDepth: given("max-depth", whole(1)),
    maxLength: given("max-length", whole(1)),
    truncate: given("truncate", (name, value) => choiceOf(name, value, ["start", "end"])),
    stop: flags.stop,
    stopAfter: flags["stop-after"],
  };
}

async function* tokensOf(decoder: DecoderModel, prompt: Prompt, options: GenerateOptions): AsyncGenerator<Piece> {
  if (!prompt.ids) return yield* generate(decoder, prompt.shown, options);
  for await (const piece of generate(decoder, prompt.ids, options)) yield { ...piece, text: ` ${piece.id}` };
}

/** Generates until the end or Ctrl-C; prints every piece unless `quiet`. */
async function stream(decoder: DecoderModel, prompt: Prompt, options: GenerateOptions, quiet: boolean) {
  const made: Piece[] = [];
  const show = (text: string) => quiet || print(text);
  return await interruptible(async (signal) => {
    show(prompt.shown);
    for await (const token of tokensOf(decoder, prompt, options)) {
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
  const options = optionsOf(flags);
  const loaded = await loadModel(flags, "decoder");
  if (!prompt.ids) demandTokenizer(loaded);
  return await closing(loaded.owner, ({ model }) => told(model, prompt, options, flags.json));
}

/** Generates, prints, and returns the exit code. */
async function told(decoder: DecoderModel, prompt: Prompt, options: GenerateOptions, json: boolean): Promise<number> {
  const started = performance.now();
  const { made, interrupted } = await stream(decoder, prompt, options, json);
  if (json) {
    const text = made.map(({ text }) => text).join("");
    print(`${JSON.stringify({ prompt: prompt.ids ?? prompt.shown, text, tokens: made })}\n`);
  }
  const cutTokens = made[0]?.cutTokens;
  if (cutTokens) note(`The prompt lost ${counted(cutTokens, "token")} at its ${options.truncate}`);
  note(summary(decoder, made, (performance.now() - started) / 1000));
  return interrupted ? interruptedCode() : 0;
}

function summary({ config: { recursion } }: DecoderModel, made: readonly Piece[], seconds: number): string {
  const rate = `${counted(made.length, "token")}, ${(made.length / seconds).toPrecision(3)} tokens/s`;
  if (recursion.routing === "none" || made.length === 0) return rate;
  const depth = made.reduce((sum, { depth }) => sum + depth, 0) / made.length;
  return `${rate}, mean depth ${depth.toFixed(2)} of ${recursion.N}`;
}

/** Runs the command with the given arguments, or those of the process, and ends the process. */
export const run = (args?: readonly string[]): Promise<never> => runCommand(command, main, args);

if (import.meta.main) await run();
