import { fitCapacityOp, routeTokensOp } from "../src/ops/route_tokens.ts";
import { benchOp } from "./support/bench_op.ts";
import { evenOffsets, random, steps } from "./support/inputs.ts";
import { fullTable, listOf, now } from "./support/slots.ts";

const N = 3;

const layout = (S: number) => ({ pages: 8 * S, pageRows: 64, recursionRows: [64, 48, 32], share: false });

// new tokens, because they are as much work every time
benchOp(routeTokensOp, { small: { S: 1 }, typical: { S: 32 }, large: { S: 4096 } }, ({ S }) => ({
  inputs: { slots: fullTable(S, N), z: random([S, 1]), ...listOf(S), clock: now, scores: random([S, N]) },
  params: { layout: layout(S), ran: false },
  touched: { slots: 2.5 * S, scores: S }, // a column read and four written
}));

benchOp(fitCapacityOp, { small: { S: 1 }, typical: { S: 32 }, large: { S: 1024 } }, ({ S }) => ({
  inputs: { slots: fullTable(S, N), rows: steps(4 * S), offsets: evenOffsets(S, 4) },
  params: { layout: layout(S), recursion: 1 },
  touched: { slots: 2 * S },
}));
