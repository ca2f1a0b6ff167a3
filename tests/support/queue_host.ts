/**
 * An engine without a transformer: a slot table and a clock; random numbers replace the router and the head.
 *
 * @module
 */
import fc from "fast-check";
import { hostIndices, hostTensor } from "../../src/op/device.ts";
import { routeTokens } from "../../src/ops/route_tokens.ts";
import { commitTokens } from "../../src/ops/commit_tokens.ts";
import { schedule, SLOT } from "../../src/ops/slots.ts";
import { uniforms } from "../../src/common/random.ts";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import { slotTable } from "./slots.ts";

const device = new ReferenceDevice();

/** Sizes and requests of a simulated engine. */
export interface Run {
  /** Slots. */
  readonly S: number;
  /** Maximum number of slots in a list: `maxBatch`. */
  readonly W: number;
  /** No token is drawn while at least this many slots are in the recursive block. */
  readonly exitBatch: number;
  /** Recursions. */
  readonly N: number;
  /** Routing kind. */
  readonly routing: string;
  /** Initial value of the clock. */
  readonly begin: number;
  /** Seed of the random numbers. */
  readonly seed: number;
  /** Requests in order of arrival: step of arrival, number of tokens, and steps until cancellation. */
  readonly stream: readonly { readonly at: number; readonly tokens: number; readonly cancelAfter: number }[];
}

const streams = fc.array(
  fc.record({
    at: fc.nat(30),
    tokens: fc.integer({ min: 1, max: 6 }),
    cancelAfter: fc.option(fc.nat(25), { freq: 8, nil: 999 }),
  }),
  { maxLength: 25 },
).map((list) => list.sort((a, b) => a.at - b.at));

/** Random sizes and requests. */
export const runs: fc.Arbitrary<Run> = fc.integer({ min: 1, max: 9 }).chain((S) =>
  fc.integer({ min: 1, max: S }).chain((W) =>
    fc.record({
      ...{ S: fc.constant(S), W: fc.constant(W), exitBatch: fc.integer({ min: 1, max: W }) },
      N: fc.integer({ min: 1, max: 4 }),
      routing: fc.constantFrom("none", "expert", "token"),
      begin: fc.constantFrom(0, 1, -3, 2 ** 31 - 5), // the clock wraps round
      seed: fc.nat(),
      stream: streams,
    })
  )
);

/** The slot table of a run. */
export class Host {
  /** Table of slots. */
  readonly slots: RefTensor;
  /** Log of 3 lines. */
  readonly log: RefTensor;
  readonly #clock: RefTensor;
  readonly #z: RefTensor;
  readonly #uniform: () => number;

  /** All slots are idle. */
  constructor(readonly run: Run) {
    this.slots = device.from(slotTable(run.N, Array.from({ length: run.S }, () => ({}))));
    this.#clock = device.from(hostIndices([run.begin]));
    this.log = device.from(hostTensor([3, 4 * run.S], new Array(12 * run.S).fill(0)));
    this.#z = device.from(hostTensor([run.S, 1], new Array(run.S).fill(0)));
    this.#uniform = uniforms(run.seed);
  }

  /** Value of one column of a slot's row. */
  at(s: number, column: number): number {
    return this.slots.data[s * (SLOT.rows + this.run.N) + column];
  }

  /** Writes a slot's row. */
  put(s: number, row: Parameters<typeof slotTable>[1][number]): void {
    this.slots.data.set(slotTable(this.run.N, [row]).data, s * (SLOT.rows + this.run.N));
  }

  /** The slots that the schedule selects at a stage. */
  list(stage: number, exitBatch = 0): number[] {
    const { rows, kept } = schedule(device, this.slots, { stage, maxBatch: this.run.W, exitBatch });
    return [...rows.data.subarray(0, kept.data[1])];
  }

  #floats(count: number, columns: number, at = 0) {
    const data = Array.from({ length: count * columns }, () => this.#uniform() - at);
    return device.from(hostTensor([count, columns], data));
  }

  #listed(rows: number[]) {
    return { rows: device.from(hostIndices(rows)), offsets: device.from(hostIndices([0, rows.length])) };
  }

  /** Routes the listed slots, after a recursion if `ran`. */
  route(rows: number[], ran: boolean): void {
    const { N, routing } = this.run, M = rows.length;
    const experts = () => device.from(hostIndices(rows.map(() => Math.floor(this.#uniform() * N)), [M, 1]));
    const said = routing === "expert"
      ? { scores: this.#floats(M, N, 0.4) }
      : routing === "token" && !ran
      ? { experts: experts(), weights: this.#floats(M, 1) }
      : {};
    const layout = { pages: 1, pageRows: 1, recursionRows: new Array(N).fill(1), share: true };
    routeTokens(device, { slots: this.slots, z: this.#z, clock: this.#clock, ...this.#listed(rows), ...said }, {
      layout,
      ran,
    });
  }

  /** Draws tokens for a list; one in nine ends its sequence. */
  draw(rows: number[]): void {
    const drawn = device.from(hostIndices(rows.map(() => Math.floor(this.#uniform() * 9))));
    const { slots, log } = this;
    const logProbs = this.#floats(rows.length, 1);
    commitTokens(device, { slots, log, clock: this.#clock, drawn, logProbs, z: this.#z, ...this.#listed(rows) }, {
      stops: [0],
    });
  }
}
