import { unroll } from "../../wgsl/text.ts";
import type { Shape } from "../attention/walk.ts";

/**
 * Weights w and ds of owned row r, zero where it does not see (or is not seen by) the walked row; `stats` are the WGSL
 * names of lse and δ for walked row t.
 */
export function weigh(r: number, { keys }: Shape, stats: (t: number) => readonly [lse: string, delta: string]): string {
  return unroll(keys, (t) => {
    const [lse, delta] = stats(t);
    return `let seen${r}_${t} = k + ${t} >= start${r} && k + ${t} < min(end${r}, past);
    let w${r}_${t} = select(0.0, exp(s${r}_${t} - ${lse}), seen${r}_${t});
    let ds${r}_${t} = select(0.0, w${r}_${t} * (g${r}_${t} - ${delta}), seen${r}_${t});`;
  });
}
