/** Progress of a run: an updated line on a terminal, a line for each reading elsewhere. */
import type { EvaluationRecord } from "../../src/train/run/log_lines.ts";
import type { Reading, RunEvents } from "../../src/train/run/parts.ts";
import type { TrainingConfig } from "../../src/train/config/config.ts";
import { onlyDepth, type RoutingStatistics, routingTerms, summary } from "../../src/train/statistics.ts";
import { note } from "../support/command.ts";
import { secondsText, showMoving } from "../support/progress.ts";

/** Readings over which the rate is averaged. */
const RECENT = 20;

/** Shows the events of a run. */
export class TrainingProgress implements RunEvents {
  #last = performance.now();
  #compiled = false;
  #routing?: RoutingStatistics;
  readonly #explained = new Set<string>();
  readonly #recent: { tokens: number; steps: number; seconds: number }[] = [];

  /** A warning of the last evaluation. */
  warning?: string;

  /** Starts the clock at a step. */
  constructor(readonly config: TrainingConfig, readonly first: number) {}

  /** Rate, time left, loss, gradient norm, learning rate, routing. */
  readonly onRead = ({ step, records, tokens }: Reading): void => {
    const now = performance.now();
    this.#recent.push({ tokens, steps: records.length, seconds: (now - this.#last) / 1000 });
    this.#last = now;
    const compiled = this.#recent.length === 2 && !this.#compiled; // the first reading includes shader compilation
    if (compiled || this.#recent.length > RECENT) this.#recent.shift();
    this.#compiled ||= compiled;
    const sum = (of: "tokens" | "steps" | "seconds") => this.#recent.reduce((total, part) => total + part[of], 0);
    const perSecond = sum("tokens") / sum("seconds");
    const rate = `${perSecond.toFixed(perSecond < 10 ? 1 : 0)} tokens/s`;
    const left = secondsText((this.config.steps - step) * sum("seconds") / sum("steps"));
    const { gradientNorm, learningRate, routing = this.#routing } = records[records.length - 1];
    this.#routing = routing;
    const labels = records.reduce((sum, { labels }) => sum + labels, 0);
    const loss = records.reduce((nats, { losses, labels }) => nats + losses.lm * labels, 0) / Math.max(1, labels);
    const numbers = `loss ${loss.toFixed(3)}, norm ${gradientNorm.toPrecision(3)}, lr ${learningRate.toPrecision(3)}`;
    const routed = this.#summary(routing);
    const line = `step ${step} of ${this.config.steps}, ${rate}, ${left} left, ${numbers}${routed && `, ${routed}`}`;
    if (!showMoving(line) && (step % this.config.log_every === 0 || step === this.config.steps)) note(line);
  };

  /** Held-out numbers. */
  readonly onEvaluation = ({ step, heldOut }: EvaluationRecord): void => {
    this.warning = undefined;
    for (const [name, result] of Object.entries(heldOut)) {
      const { nats, bitsPerByte, routing } = result!;
      const selection = name === "plain" ? "" : ` under ${name}`;
      const bits = bitsPerByte === undefined ? "" : `, ${bitsPerByte.toFixed(4)} bits/byte`;
      const routed = this.#summary(routing);
      note(`Held out after step ${step}${selection}: ${nats.toFixed(4)} nats${bits}${routed && `, ${routed}`}`);
      if (name !== "topk") this.warning = routing && this.#oneDepth(routing, selection);
    }
    if (this.warning) note(this.warning);
    this.#last = performance.now();
  };

  /** The phrase of routing; a term is explained where it occurs first. */
  #summary(routing?: RoutingStatistics): string {
    if (!routing) return "";
    for (const [term, { about, phrase }] of Object.entries(routingTerms)) {
      if (this.#explained.has(term) || !phrase(routing)) continue;
      this.#explained.add(term);
      note(`${term}: ${about}`);
    }
    return summary(routing);
  }

  /** The warning of routers that choose nothing. */
  #oneDepth(routing: RoutingStatistics, selection: string): string | undefined {
    const depth = onlyDepth(routing), { losses, model } = this.config;
    if (depth === undefined || model.kind !== "decoder") return undefined;
    const { recursion, losses: own } = model.config;
    const factor = recursion.routing === "expert"
      ? `losses.router_aux, now ${losses.router_aux ?? own.routerAux}`
      : `losses.router_balance, now ${losses.router_balance ?? own.routerBalance}`;
    const share = (100 * routing.depth!.shares[depth]).toFixed(1);
    return `WARNING: the router sends ${share} % of the rows to depth ${depth} of ${recursion.N}${selection}; more steps, ` +
      `a greater ${factor}, or a greater learning rate train it`;
  }

  /** A checkpoint. */
  readonly onSaved = (folder: string): void => {
    note(`Saved ${folder}`);
    this.#last = performance.now();
  };
}
