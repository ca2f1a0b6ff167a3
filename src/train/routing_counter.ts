/**
 * Counts routing decisions over batches, from which routing statistics are computed.
 *
 * @module
 */
import type { HostTensor } from "../op/device.ts";
import {
  depthOf,
  type ExpertResult,
  readExperts,
  readRecursions,
  type RecursionResult,
  type Routing,
} from "../model/results.ts";
import { liveRows, type TrainingBatch } from "./data/batches.ts";
import type { DepthStatistics, RecursionStatistics, RoutedConfig, RoutingStatistics } from "./statistics.ts";

/** Counts of one recursion's router. */
interface RouterCounts {
  /** Candidates that ran, and the sum of their scores. */
  selected: number;
  selectedScore: number;
  /** Candidates that did not run, and the sum of their scores. */
  unselected: number;
  unselectedScore: number;
  /** Candidates of sequences from which top-k drops one, and those on which the threshold agrees with top-k. */
  decisions: number;
  agreed: number;
}

/** max load / mean load − 1; 0 without load. */
export function maxViolation(loads: readonly number[]): number {
  const total = loads.reduce((sum, load) => sum + load, 0);
  return total > 0 ? Math.max(...loads) * loads.length / total - 1 : 0;
}

const sharesOf = (loads: readonly number[]) => {
  const total = loads.reduce((sum, load) => sum + load, 0);
  return loads.map((load) => total > 0 ? load / total : 0);
};

/** Counts the routing decisions of batches, in any order. */
export class RoutingCounter {
  #rows = 0;
  #depths: number[] = [];
  readonly #reached: (boolean | undefined)[] = []; // by position: whether the last recursion ran it; undefined: no row
  readonly #routers: RouterCounts[] = [];
  readonly #loads = new Map<number, number[]>();

  /** Starts with zero counts. */
  constructor(readonly config: RoutedConfig) {}

  /** Adds the routing of a batch. */
  add(routing: Routing<HostTensor>, batch: TrainingBatch): void {
    const live = liveRows(batch);
    this.#rows += live;
    const recursions = readRecursions(routing, live, live);
    if (recursions.length > 0) this.#addDepths(recursions, batch);
    // only top-k lists the rows of recursion 1: under the threshold all of them run it
    const topk = routing.recursions[0]?.rows !== undefined;
    recursions.forEach((_, r) => this.#addRouter(recursions, r, { batch, topk }));
    for (const use of readExperts(routing)) this.#addExperts(use);
  }

  #addDepths(recursions: readonly RecursionResult[], batch: TrainingBatch) {
    const { rows: { positions } } = batch;
    if (this.#depths.length === 0) this.#depths = Array(recursions.length + 1).fill(0);
    depthOf(recursions, liveRows(batch)).forEach((depth, m) => {
      this.#depths[depth]++;
      const t = positions.data[m];
      this.#reached[t] = Boolean(this.#reached[t]) || depth === recursions.length;
    });
  }

  #addRouter(
    recursions: readonly RecursionResult[],
    r: number,
    { batch, topk }: { batch: TrainingBatch; topk: boolean },
  ): void {
    const { active, scores } = recursions[r];
    if (!scores) return;
    const zero = { selected: 0, selectedScore: 0, unselected: 0, unselectedScore: 0, decisions: 0, agreed: 0 };
    const counts = this.#routers[r] ??= zero;
    const { data: offsets } = batch.rows.offsets;
    const candidate = (m: number) => r === 0 || recursions[r - 1].active[m] === 1;
    for (let b = 0; b + 1 < offsets.length; b++) {
      const rows = Array.from({ length: offsets[b + 1] - offsets[b] }, (_, t) => offsets[b] + t).filter(candidate);
      const chooses = topk && rows.some((m) => !active[m]);
      for (const m of rows) {
        const what = active[m] ? "selected" : "unselected";
        counts[what]++;
        counts[`${what}Score`] += scores[m];
        if (!chooses) continue;
        counts.decisions++;
        counts.agreed += Number(scores[m] >= 0 === Boolean(active[m]));
      }
    }
  }

  #addExperts({ layer, experts }: ExpertResult): void {
    const loads = this.#loads.get(layer) ?? Array<number>(this.config.mol!.E).fill(0);
    this.#loads.set(layer, loads);
    for (const expert of experts) loads[expert]++;
  }

  #depth(): DepthStatistics | undefined {
    const rows = this.#depths.reduce((sum, count) => sum + count, 0);
    if (rows === 0) return undefined;
    const positions = this.#reached.filter((reached) => reached !== undefined);
    const depth = {
      shares: sharesOf(this.#depths),
      mean: this.#depths.reduce((sum, count, d) => sum + d * count, 0) / rows,
      dead: positions.filter((reached) => !reached).length / positions.length,
    };
    const token = this.config.recursion?.routing === "token";
    return token ? { ...depth, maxViolation: maxViolation(this.#depths.slice(1)) } : depth;
  }

  /** Statistics of all batches that were added. */
  statistics(): RoutingStatistics {
    const decisions = this.#routers.reduce((sum, counts) => sum + counts.decisions, 0);
    const agreed = this.#routers.reduce((sum, counts) => sum + counts.agreed, 0);
    const depth = this.#depth();
    const layers = [...this.#loads].sort(([a], [b]) => a - b);
    return {
      rows: this.#rows,
      ...(depth && { depth }),
      ...(this.#routers.length && { recursions: this.#routers.map(routerStatistics) }),
      ...(decisions && { agreement: agreed / decisions }),
      ...(layers.length && {
        experts: layers.map(([layer, loads]) => ({
          layer,
          shares: sharesOf(loads),
          maxViolation: maxViolation(loads),
        })),
      }),
    };
  }
}

function routerStatistics(counts: RouterCounts): RecursionStatistics {
  const { selected, selectedScore, unselected, unselectedScore, decisions, agreed } = counts;
  const candidates = selected + unselected;
  return {
    selected: candidates > 0 ? selected / candidates : 0,
    ...(decisions && { agreement: agreed / decisions }),
    ...(selected && { selectedScore: selectedScore / selected }),
    ...(unselected && { unselectedScore: unselectedScore / unselected }),
  };
}

/** Counts the routing of a step's microbatches. */
export function routingStatistics(
  routing: readonly Routing<HostTensor>[],
  config: RoutedConfig,
  batches: readonly TrainingBatch[],
): RoutingStatistics {
  const counter = new RoutingCounter(config);
  batches.forEach((batch, microbatch) => counter.add(routing[microbatch], batch));
  return counter.statistics();
}
