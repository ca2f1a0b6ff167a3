/** Documents drawn from a decoder as JSON lines, with progress. */
import { type CorpusOptions, sampleDocuments } from "../../src/infer/corpus.ts";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import type { Tokenizer } from "../../src/infer/tokenizer.ts";
import { breathe } from "./command.ts";
import { Progress, secondsText } from "./progress.ts";
import { counted } from "./table.ts";

/** Documents drawn at the same time, where no number is given. */
export const SAMPLED_AT_ONCE = 256;

/** Draws documents once. */
export class Sampling {
  readonly #progress = new Progress("Sampling", "texts");
  #written = 0;
  #drawn = 0;

  /** Keeps decoder, tokenizer and options. */
  constructor(readonly decoder: DecoderModel, readonly tokenizer: Tokenizer, readonly options: CorpusOptions) {}

  /** The lines {"text": …} as bytes; an abort ends them early. */
  async *lines(): AsyncGenerator<Uint8Array> {
    const { decoder, tokenizer } = this, bytes = new TextEncoder();
    const onProgress = (documents: number, tokens: number) => {
      this.#drawn = tokens;
      this.#progress.update(documents, this.options.documents, this.#rate());
    };
    for await (const ids of sampleDocuments(decoder, { ...this.options, onProgress })) {
      this.#written++;
      yield bytes.encode(`${JSON.stringify({ text: ids.length > 0 ? tokenizer.decode(ids) : "" })}\n`);
      await breathe();
    }
  }

  /** Documents, tokens and time so far. */
  toString(): string {
    const { seconds } = this.#progress;
    const counts = `${counted(this.#written, "document")}, ${counted(this.#drawn, "token")}`;
    return `${counts} in ${secondsText(seconds)}, ${this.#rate()}`;
  }

  #rate(): string {
    return `${(this.#drawn / this.#progress.seconds).toFixed(0)} tokens/s`;
  }
}
