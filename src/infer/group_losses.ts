/**
 * Losses over several groups of sequences: means weighted by rows, balance from the choices of all groups.
 *
 * @module
 */
import type { Device, HostTensor } from "../op/device.ts";
import { joinRows } from "../model/join_results.ts";
import type { DecoderOutputs, ExpertUse } from "../model/decoder.ts";
import type { LossValues } from "../model/losses.ts";
import { readLosses, type RecursionResult } from "../model/results.ts";
import type { Tensor } from "../op/op.ts";
import { loadBalanceLoss } from "../ops/losses.ts";

type Named<T> = Readonly<Record<string, T>>;

/** What a group of sequences gave. */
export interface Group {
  /** Where its sequences start, [B+1]. */
  readonly offsets: Int32Array;
  /** Labels of its rows, where it was scored. */
  readonly labels?: HostTensor;
  /** Results by name. */
  readonly named: Named<HostTensor>;
  /** What each recursion did. */
  readonly recursions: readonly RecursionResult[];
}

/** Names the probabilities that the balance of several groups needs together. */
export function choiceOutputs<T>(uses: readonly ExpertUse<T>[], depths?: DecoderOutputs<T>["depths"]): Named<T> {
  const named: Record<string, T> = {};
  for (const { layer, application, routed } of uses) named[`probs.${layer}.${application}`] = routed.probs;
  return depths ? { ...named, "depth.probs": depths.routed.probs, "depth.chosen": depths.routed.experts } : named;
}

/** The first row of each group. */
export function groupStarts(groups: readonly Group[]): number[] {
  let start = 0;
  return groups.map((group) => (start += rowsOf(group)) - rowsOf(group));
}

const rowsOf = ({ offsets }: Group) => offsets[offsets.length - 1];
const scoredOf = ({ labels }: Group) =>
  (labels!.data as Int32Array).reduce((sum, label) => sum + Number(label >= 0), 0);

/** Mean over the rows of all groups of a mean over each one's. */
function meanOf(groups: readonly Group[], name: string, weight: (group: Group) => number): number {
  let [sum, count] = [0, 0];
  for (const group of groups) {
    const rows = weight(group);
    if (rows > 0) sum += rows * group.named[name].data[0];
    count += rows;
  }
  return count > 0 ? sum / count : 0;
}

/** Sum of a term's scalars, each a mean over the candidates of a recursion: the last one is that of the last recursion. */
function meanOfRecursions(groups: readonly Group[], term: string): number {
  const [{ named, recursions }] = groups;
  const terms = Object.keys(named).filter((name) => name.startsWith(`loss.${term}.`)).length;
  const candidates = (group: Group, r: number) =>
    r > 0 ? group.recursions[r - 1].active.reduce((sum, one) => sum + one, 0) : rowsOf(group);
  let total = 0;
  for (let i = 0; i < terms; i++) {
    const r = "depth.logits" in named ? 0 : i + recursions.length - terms;
    total += meanOf(groups, `loss.${term}.${i}`, (group) => candidates(group, r));
  }
  return total;
}

/** First rows of a result. */
const head = ({ shape: [, k], data }: HostTensor, rows: number): HostTensor => ({
  shape: [rows, k],
  data: data.subarray(0, rows * k),
});

async function balanceOf<T extends Tensor>(device: Device<T>, routed: Record<"probs" | "experts", HostTensor>) {
  const program = device.compile(({ probs, experts }: Named<T>) => ({
    loss: loadBalanceLoss(device, { probs, experts }).loss,
  }));
  const { loss } = await program(routed);
  program.dispose();
  return loss.data[0];
}

/** Load balance of experts over all groups: the mean of the uses that have rows. */
async function groupBalance<T extends Tensor>(device: Device<T>, groups: readonly Group[]): Promise<number> {
  const [{ named }] = groups;
  const uses = Object.keys(named).filter((name) => name.startsWith("probs.")).map((name) => name.slice(6));
  const losses: number[] = [];
  for (const use of uses) {
    const of = (name: string) =>
      joinRows(groups.map(({ named }) => head(named[`${name}.${use}`], named[`used.${use}`].data.at(-1)!)));
    const probs = of("probs");
    if (probs.shape[0] > 0) losses.push(await balanceOf(device, { probs, experts: of("experts") }));
  }
  return losses.length > 0 ? losses.reduce((sum, loss) => sum + loss, 0) / losses.length : 0;
}

/** Loss values over all groups. */
export async function groupLosses<T extends Tensor>(device: Device<T>, groups: readonly Group[]): Promise<LossValues> {
  const [{ named }] = groups;
  if (groups.length === 1) return readLosses(named);
  const of = (name: string) => joinRows(groups.map((group) => head(group.named[name], rowsOf(group))));
  return {
    lm: meanOf(groups, "loss.lm.0", scoredOf),
    routerAux: meanOfRecursions(groups, "routerAux"),
    routerZ: meanOfRecursions(groups, "routerZ"),
    routerBalance: "depth.probs" in named
      ? await balanceOf(device, { probs: of("depth.probs"), experts: of("depth.chosen") })
      : 0,
    molBalance: await groupBalance(device, groups),
  };
}
