/**
 * A window of steady work: an engine whose queue never runs dry, watched for a number of tokens.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import { normals, uniforms } from "../../src/common/random.ts";
import type { EngineStatus, Generation } from "../../src/infer/engine/api.ts";
import type { Engine } from "../../src/infer/engine/engine.ts";
import type { GpuTensor } from "../../kernels/mod.ts";
import { randomIds } from "./balanced.ts";
import { median } from "../support/median.ts";
import type { Meter } from "./meter.ts";
import type { Lengths, Variant } from "./shapes.ts";

/** What was seen. */
export interface Window {
  /** Tokens per second. */
  readonly rate: number;
  /** Seconds. */
  readonly seconds: number;
  /** Processor time of this process in seconds; independent of other load on the machine. */
  readonly work: number;
  /** Tokens. */
  readonly tokens: number;
  /** How many of them ran 1, 2, … N recursions. */
  readonly depths: readonly number[];
  /** Calls of the block. */
  readonly steps: number;
  /** Dispatches. */
  readonly dispatches: number;
  /** Part of the time in which the device ran; NaN where it has no timestamps. */
  readonly busy: number;
  /** Median time to the first token of the requests that were submitted together, in milliseconds. */
  readonly first: number;
  /** Milliseconds to the first token of a request that finds a free slot among busy ones. */
  readonly firstFree: number;
  /** The status with the most bytes in use. */
  readonly peak: EngineStatus;
}

/** Tokens per slot before a window, so that slots are at all depths. */
const SETTLED = 2;

/** Processor time of the process in seconds. */
function worked(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1e6;
}

/** Bytes in use inside and outside the recursions. */
const inUse = ({ outerBytesInUse, bytesInUse }: EngineStatus) =>
  bytesInUse.reduce((sum, bytes) => sum + bytes, outerBytesInUse);

/** The requests of every window: the same for all variants. */
class Requests {
  readonly #uniform = uniforms(11);
  #count = 0;

  constructor(readonly engine: Engine<GpuTensor>, readonly lengths: Lengths, readonly config: Variant["config"]) {}

  /** Submits the next request; an `aged` one has a random remaining length, as in a steady state. */
  submit({ aged, most }: { aged: boolean; most?: number }): Generation {
    const { prompt, output: [mean, deviation], most: positions } = this.lengths;
    const seed = this.#count++;
    const drawn = Math.round(mean + normals(seed, 1, deviation)[0]);
    const length = Math.min(positions - prompt, Math.max(1, drawn));
    const left = aged ? Math.ceil(length * (1 - this.#uniform())) : length;
    const { bos, V } = this.config;
    const ids = randomIds(seed, prompt, V).map((id, at) => at === 0 ? bos ?? id : id);
    return this.engine.submit(ids, { maxNewTokens: most ?? left, temperature: 1, seed });
  }
}

/** Counters at one time. */
interface Mark {
  readonly at: number;
  readonly work: number;
  readonly status: EngineStatus;
  readonly dispatches: number;
  readonly passes: number;
}

/** Clients that ask an engine for one request after the other: a few more than it has slots. */
class Load {
  /** When the first requests got their first tokens, in milliseconds since the beginning. */
  readonly firsts: number[] = [];
  readonly #open = new Set<Generation>();
  readonly #clients: Promise<void>[];
  #over = false;

  /** `look` is called for every token. */
  constructor(readonly requests: Requests, readonly S: number, readonly look: () => void) {
    const started = performance.now();
    this.#clients = Array.from({ length: S + Math.ceil(S / 4) }, (_, index) => this.#client(index < S, started));
  }

  async #client(first: boolean, started: number): Promise<void> {
    for (; !this.#over; first = false) {
      const generation = this.requests.submit({ aged: first });
      this.#open.add(generation);
      for await (const _ of generation) {
        if (first && generation.newTokens > 0) this.firsts.push(performance.now() - started);
        first = false;
        this.look();
      }
      this.#open.delete(generation);
    }
  }

  /** Stops submission, cancels requests without a token, and frees one slot. */
  close(): void {
    this.#over = true;
    for (const generation of this.#open) if (generation.newTokens === 0) generation.cancel();
    for (const generation of this.#open) return generation.cancel();
  }

  /** Ends all. */
  async end(): Promise<void> {
    for (const generation of this.#open) generation.cancel();
    await Promise.all(this.#clients);
  }
}

/** Keeps an engine busy until its slots all have work, then for `tokens` more. */
export async function watch(
  { config, slots: S }: Variant,
  engine: Engine<GpuTensor>,
  meter: Meter,
  { lengths, tokens }: { lengths: Lengths; tokens: number },
): Promise<Window> {
  const requests = new Requests(engine, lengths, config);
  const { promise: seen, resolve } = Promise.withResolvers<[Mark, Mark]>();
  const before = engine.status();
  let peak = before, begin: Mark | undefined;
  const load = new Load(requests, S, () => {
    const status = engine.status(), at = performance.now();
    if (inUse(status) > inUse(peak)) peak = status;
    if (!begin && load.firsts.length >= S && status.tokens - before.tokens >= SETTLED * S) {
      meter.start();
      begin = { at, work: worked(), status, dispatches: 0, passes: 0 };
    }
    const made = begin && status.tokens - begin.status.tokens;
    if (made && made >= tokens) resolve([begin!, { at, work: worked(), status, ...meter.mark() }]);
  });
  const [{ at, work, status }, last] = await seen;
  load.close();
  const firstFree = await timeToFirst(requests);
  await load.end();
  while (engine.status().running > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const seconds = (last.at - at) / 1000;
  const made = last.status.tokens - status.tokens;
  return {
    ...{
      rate: made / seconds,
      seconds,
      work: last.work - work,
      tokens: made,
      first: median(load.firsts),
      firstFree,
      peak,
    },
    depths: last.status.depths.map((count, r) => count - status.depths[r]),
    steps: last.status.steps - status.steps,
    dispatches: last.dispatches,
    busy: await meter.milliseconds(last.passes) / 1000 / seconds,
  };
}

/** Time to the first token of a request with an empty queue before it, in milliseconds. */
async function timeToFirst(requests: Requests): Promise<number> {
  const started = performance.now();
  for await (const _ of requests.submit({ aged: false, most: 1 })) return performance.now() - started;
  throw new Error("Cannot measure the time to the first token: there was none");
}
