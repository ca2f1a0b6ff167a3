/**
 * Routing statistics: depths, dead tokens, agreement of the causal threshold with top-k, load of experts.
 *
 * @module
 */
import type { RecursionConfig } from "../model/config/config.ts";
import type { MolConfig } from "../model/config/mol_config.ts";

/** The part of a model's configuration that statistics need. */
export interface RoutedConfig {
  /** Number of recursions and their routing, in a decoder. */
  readonly recursion?: Pick<RecursionConfig, "N" | "routing">;
  /** Number of experts, in a model with experts. */
  readonly mol?: Pick<MolConfig, "E">;
}

/** Statistics of depths. */
export interface DepthStatistics {
  /** Share of rows that ran exactly d recursions, d = 0..N. */
  readonly shares: readonly number[];
  /** Mean depth. */
  readonly mean: number;
  /**
   * Dead tokens: the share of positions at which the last recursion ran in no sequence (the ratio that arXiv 2507.10524
   * reports for expert-choice, counted by position, since a top-k of fixed size always drops the same share of rows).
   */
  readonly dead: number;
  /** Token-choice: MaxVio of the choice of depth, max_d load_d / mean load − 1 over d = 1..N. */
  readonly maxViolation?: number;
}

/** Statistics of the router of one expert-choice recursion. */
export interface RecursionStatistics {
  /** Share of the candidates that ran. */
  readonly selected: number;
  /** Share of top-k's decisions that the threshold z ≥ 0 shares; absent if top-k dropped no row. */
  readonly agreement?: number;
  /** Mean score z of candidates that ran. */
  readonly selectedScore?: number;
  /** Mean score z of candidates that did not run. */
  readonly unselectedScore?: number;
}

/** Load of the experts of one layer. */
export interface ExpertStatistics {
  /** Unique layer or group, all its applications together. */
  readonly layer: number;
  /** Share of the choices that fell on each expert, [E]. */
  readonly shares: readonly number[];
  /** MaxVio: max_e load_e / mean load − 1, from 0 (even) to E − 1. */
  readonly maxViolation: number;
}

/** Routing statistics as JSON. */
export interface RoutingStatistics {
  /** Number of rows. */
  readonly rows: number;
  /** Depths, in models with routed recursions. */
  readonly depth?: DepthStatistics;
  /** Routers of expert-choice, from recursion 1. */
  readonly recursions?: readonly RecursionStatistics[];
  /** Agreement of the threshold with top-k over the decisions of all recursions; only under top-k. */
  readonly agreement?: number;
  /** Layers with experts, by number. */
  readonly experts?: readonly ExpertStatistics[];
}

const percent = (share: number, digits = 0) => (100 * share).toFixed(digits);

/** A term of progress lines: its meaning, and its phrase for statistics that have it. */
interface Term {
  readonly about: string;
  readonly phrase: (statistics: RoutingStatistics) => string | undefined | false;
}

/** The terms of progress lines by their names; docs/training.md, "Numbers of a run", lists them. */
export const routingTerms: Readonly<Record<string, Term>> = {
  depth: {
    about: "share of the rows that ran exactly 1, 2, … recursions (0, 1, 2, … where some rows ran none)",
    phrase: ({ depth }) => {
      if (!depth) return undefined;
      const shares = depth.shares[0] > 0 ? depth.shares : depth.shares.slice(1);
      return `depth ${shares.map((share) => percent(share)).join("/")} %`;
    },
  },
  dead: {
    about: "share of the positions at which the last recursion ran in no sequence",
    phrase: ({ depth }) => depth && depth.dead > 0 && `dead ${percent(depth.dead, 1)} %`,
  },
  MaxVio: {
    about: "greatest load of a depth divided by the mean load, less 1; 0 is even",
    phrase: ({ depth }) => depth?.maxViolation !== undefined && `MaxVio ${depth.maxViolation.toFixed(2)}`,
  },
  threshold: {
    about:
      "share of top-k's decisions that the causal threshold of generation, z ≥ 0, repeats; near 100 % after training",
    phrase: ({ agreement }) => agreement !== undefined && `threshold ${percent(agreement, 1)} %`,
  },
  "experts MaxVio": {
    about: "greatest load of an expert divided by the mean load, less 1, of the least even layer; 0 is even",
    phrase: ({ experts = [] }) =>
      experts.length > 0 &&
      `experts MaxVio ${Math.max(...experts.map(({ maxViolation }) => maxViolation)).toFixed(2)}`,
  },
};

/** Statistics as a short phrase for a progress line; empty for models without routing. */
export function summary(statistics: RoutingStatistics): string {
  return Object.values(routingTerms).flatMap(({ phrase }) => phrase(statistics) || []).join(", ");
}

/** Share of the rows from which on they count as sent to one depth. */
const ONE_DEPTH = 0.99;

/** The depth that at least 99 % of the rows have, of several; undefined if there is none. */
export function onlyDepth({ depth }: RoutingStatistics): number | undefined {
  if (!depth || depth.shares.length < 3) return undefined; // depths 0 and 1: one recursion
  const only = depth.shares.findIndex((share) => share >= ONE_DEPTH);
  return only < 0 ? undefined : only;
}
