/**
 * The parts of a decoder's `config.json` that Llama does not have: `recursion`, `mol` and `loss_coefficients`
 * (docs/mor.md, "Checkpoint names").
 *
 * @module
 */
import { GATES, ROUTES } from "../../op/kinds.ts";
import type { LossCoefficients, RecursionConfig } from "./config.ts";
import type { Fields } from "./fields.ts";
import { type MolConfig, readMol } from "./mol_config.ts";
import { sharingFault } from "./sharing.ts";

/** Maximum magnitude of `recursion.alpha`: published values are at most 1, and the residual stream grows with its powers. */
const MOST_ALPHA = 1000;

/** Reads the `recursion` of a decoder of L unrolled layers. */
export function readRecursion(fields: Fields, L: number, bias: boolean | undefined): RecursionConfig {
  const N = fields.count("num_recursions", 1);
  const sharing = fields.choice(
    "sharing",
    ["none", "cycle", "sequence", "middle_cycle", "middle_sequence"],
    N > 1 ? "middle_cycle" : "none",
  );
  const routing = fields.choice("routing", ["none", "expert", "token"], "none");
  const token = routing === "token";
  const gates = token ? ROUTES : GATES;
  const balancing = fields.choice("balancing", ["loss", "loss_free"], "loss");
  const recursion: RecursionConfig = {
    sharing,
    N,
    routing,
    router: fields.choice("router", ["linear", "mlp", "wide_mlp"], "linear"),
    gate: fields.choice<RecursionConfig["gate"]>("gate", gates, gates[0]),
    alpha: fields.number("alpha", token ? 1 : 0.1, { fraction: true, least: -MOST_ALPHA, most: MOST_ALPHA }),
    capacity: fields.numbers("capacity", { fraction: true, most: 1 }),
    kv: fields.choice("kv", ["recursion", "share", "hybrid"], "recursion"),
    auxiliary: fields.flag("auxiliary_router", false),
    balancing,
    bias: token && (bias || balancing === "loss_free"),
  };
  fields.noOthers();
  const { capacity, auxiliary } = recursion;
  fields.check(
    !auxiliary || routing === "expert",
    () => `recursion.auxiliary_router needs routing "expert", not "${routing}"`,
  );
  fields.check(
    !capacity || capacity.length === N,
    () => `recursion.capacity has ${capacity!.length} entries for ${N} recursions`,
  );
  fields.check(sharing !== "none" || N === 1, () => `${N} recursions need sharing, which is "none"`);
  const fault = sharingFault(L, sharing, N);
  fields.check(!fault, () => fault!);
  const routable = routing === "none" || sharing === "cycle" || sharing === "middle_cycle";
  fields.check(routable, () => `routing "${routing}" works over cycle and middle_cycle, not over sharing "${sharing}"`);
  const hybrid = recursion.kv !== "hybrid" || routing !== "none";
  fields.check(hybrid, () => `recursion.kv "hybrid" needs routing, which is "none"`);
  return recursion;
}

/** Reads the experts of a decoder with some unique layers; undefined without `mol`. */
export function readDecoderMol(fields: Fields, unique: number): MolConfig | undefined {
  const mol = fields.object("mol");
  if (!mol) return undefined;
  const layers = mol.numbers("layers", { most: unique - 1 });
  mol.check(layers !== undefined, () => `config.mol.layers is missing: unique layers from 0 to ${unique - 1}`);
  const result = readMol(mol, [...new Set(layers)].sort((a, b) => a - b));
  mol.noOthers();
  return result;
}

/** Absent factors are 0, and so is that of the balance loss under loss-free balancing (docs/mor.md, "Router losses"). */
export function readLosses(fields: Fields | undefined, { balancing }: RecursionConfig): LossCoefficients {
  const factor = (key: string) => fields?.number(key, 0, { fraction: true }) ?? 0;
  const losses = {
    routerAux: factor("router_aux"),
    routerZ: factor("router_z"),
    routerBalance: factor("router_balance"),
    molBalance: factor("mol_balance"),
  };
  fields?.noOthers();
  return balancing === "loss_free" ? { ...losses, routerBalance: 0 } : losses;
}
