/**
 * Loss terms as scalars on the device.
 *
 * @module
 */
import type { LossTerms } from "../model/losses.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { add, ratio } from "../ops/add.ts";

/** Every present term as one scalar [1]: the sum of its parts, or the mean of the load balances. */
export function termValues<T extends Tensor>(backend: Backend<T>, terms: LossTerms<T>): [string, T][] {
  const { molBalance, ...sums } = terms;
  const sum = (parts: readonly T[]) => parts.reduce((total, part) => add(backend, total, part));
  const values = Object.entries(sums).filter(([, parts]) => parts?.length)
    .map(([name, parts]): [string, T] => [name, sum(parts!)]);
  if (molBalance.length === 0) return values;
  const losses = sum(molBalance.map(({ loss }) => loss));
  return [...values, ["molBalance", ratio(backend, losses, sum(molBalance.map(({ applications }) => applications)))]];
}
