/**
 * Losses over several groups of sequences: means weighted by rows, balance from the choices of all groups.
 *
 * @module
 */
import type { Device, HostTensor } from "../op/device.ts";
import { joinRows } from "../model/join_results.ts";
import type { DecoderOutputs, ExpertUse } from "../model/decoder.ts";
import type { LossTerms, LossValues } from "../model/losses.ts";
import { readLosses, type RecursionResult, type Routing } from "../model/results.ts";
import type { Tensor } from "../op/op.ts";
import { loadBalanceLoss } from "../ops/losses.ts";

/** Choices that the balance of several groups is computed from. */
export interface Choices<T> {
  /** Probabilities of every use of experts. */
  readonly experts: readonly T[];
  /** Token-choice: probabilities and chosen depths. */
  readonly depths?: { readonly probs: T; readonly experts: T };
}

/** Results of a forward pass on the host or, as its program computes them, on a device. */
export interface ForwardOutputs<T> {
  /** After the final norm, [M, D]. */
  readonly hidden: T;
  /** Routing of all rows. */
  readonly routing: Routing<T>;
  /** Logits of each part of the rows, if asked for. */
  readonly logits?: readonly T[];
  /** Loss terms, where there are labels. */
  readonly losses?: LossTerms<T>;
  /** With the losses of one group of several. */
  readonly choices?: Choices<T>;
}

/** Results of a group of sequences. */
export interface Group extends ForwardOutputs<HostTensor> {
  /** Where its sequences start, [B+1]. */
  readonly offsets: Int32Array;
  /** Labels of its rows, where it was scored. */
  readonly labels?: HostTensor;
  /** Routing, per row. */
  readonly recursions: readonly RecursionResult[];
}

/** The choices of a forward pass. */
export function choicesOf<T>(uses: readonly ExpertUse<T>[], depths?: DecoderOutputs<T>["depths"]): Choices<T> {
  const ofDepths = depths && { probs: depths.routed.probs, experts: depths.routed.experts };
  return { experts: uses.map(({ routed }) => routed.probs), depths: ofDepths };
}

/** The first row of each group. */
export function groupStarts(groups: readonly Group[]): number[] {
  let start = 0;
  return groups.map((group) => (start += rowsOf(group)) - rowsOf(group));
}

const rowsOf = ({ offsets }: Group) => offsets[offsets.length - 1];
const scoredOf = ({ labels }: Group) =>
  (labels!.data as Int32Array).reduce((sum, label) => sum + Number(label >= 0), 0);

type Sums = Pick<LossTerms<HostTensor>, "lm" | "routerAux" | "routerZ">;

/** Mean over the rows of all groups of scalar i of a term, which is a mean over each group's. */
function meanOf(groups: readonly Group[], term: keyof Sums, i: number, weight: (group: Group) => number): number {
  let [sum, count] = [0, 0];
  for (const group of groups) {
    const rows = weight(group);
    if (rows > 0) sum += rows * group.losses![term][i].data[0];
    count += rows;
  }
  return count > 0 ? sum / count : 0;
}

/** Sum of a term's scalars, each a mean over the candidates of a recursion; the last is that of the last recursion. */
function meanOfRecursions(groups: readonly Group[], term: keyof Sums): number {
  const [{ losses, recursions, routing }] = groups;
  const { length } = losses![term];
  const candidates = (group: Group, r: number) =>
    r > 0 ? group.recursions[r - 1].active.reduce((sum, one) => sum + one, 0) : rowsOf(group);
  let total = 0;
  for (let i = 0; i < length; i++) {
    const r = routing.depthLogits ? 0 : i + recursions.length - length;
    total += meanOf(groups, term, i, (group) => candidates(group, r));
  }
  return total;
}

/** First rows of a result. */
const head = ({ shape: [, k], data }: HostTensor, rows: number): HostTensor => ({
  shape: [rows, k],
  data: data.subarray(0, rows * k),
});

async function balanceOf<T extends Tensor>(device: Device<T>, routed: Record<"probs" | "experts", HostTensor>) {
  const program = device.compile(({ probs, experts }) => ({
    loss: loadBalanceLoss(device, { probs, experts }).loss,
  }));
  const { loss } = await program(routed);
  program.dispose();
  return loss.data[0];
}

/** Load balance of experts over all groups: the mean of the uses that have rows. */
async function groupBalance<T extends Tensor>(device: Device<T>, groups: readonly Group[]): Promise<number> {
  const losses: number[] = [];
  for (const use of groups[0].routing.experts.keys()) {
    const live = ({ routing }: Group) => routing.experts[use].offsets.data.at(-1)!;
    const probs = joinRows(groups.map((group) => head(group.choices!.experts[use], live(group))));
    const experts = joinRows(groups.map((group) => head(group.routing.experts[use].experts, live(group))));
    if (probs.shape[0] > 0) losses.push(await balanceOf(device, { probs, experts }));
  }
  return losses.length > 0 ? losses.reduce((sum, loss) => sum + loss, 0) / losses.length : 0;
}

/** Balance of token-choice over all groups. */
async function depthBalance<T extends Tensor>(device: Device<T>, groups: readonly Group[]): Promise<number> {
  if (!groups[0].choices!.depths) return 0;
  const of = (name: "probs" | "experts") =>
    joinRows(groups.map((group) => head(group.choices!.depths![name], rowsOf(group))));
  return await balanceOf(device, { probs: of("probs"), experts: of("experts") });
}

/** Loss values over all groups. */
export async function groupLosses<T extends Tensor>(device: Device<T>, groups: readonly Group[]): Promise<LossValues> {
  if (groups.length === 1) return readLosses(groups[0].losses!);
  return {
    lm: meanOf(groups, "lm", 0, scoredOf),
    routerAux: meanOfRecursions(groups, "routerAux"),
    routerZ: meanOfRecursions(groups, "routerZ"),
    routerBalance: await depthBalance(device, groups),
    molBalance: await groupBalance(device, groups),
  };
}
