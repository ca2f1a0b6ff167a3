/**
 * The parts of a decoder's `config.json` that Llama does not have: `recursion`, `mol` and `loss_coefficients`
 * (docs/mor.md, "Checkpoint names").
 *
 * @module
 */
import { GATES, ROUTES } from "../../op/kinds.ts";
import type { LossCoefficients, RecursionConfig } from "./config.ts";
import type { Fields } from "./fields.ts";
import { lossKeys, molKeys, recursionKeys, ROUTER_AUX } from "./mechanism_keys.ts";
import { type MolConfig, readMol } from "./mol_config.ts";
import { readRow, readRows } from "./row.ts";
import { sharingFault } from "./sharing.ts";

/** Reads the `recursion` of a decoder of L unrolled layers. */
export function readRecursion(fields: Fields, L: number, bias: boolean | undefined): RecursionConfig {
  const { num_recursions: N, routing, capacity, ...read } = readRows(fields, recursionKeys);
  const sharing = read.sharing ?? (N > 1 ? "middle_cycle" : "none");
  const token = routing === "token", gates = token ? ROUTES : GATES;
  const recursion: RecursionConfig = {
    sharing,
    N,
    routing,
    router: read.router,
    gate: fields.choice<RecursionConfig["gate"]>("gate", gates, gates[0]),
    alpha: read.alpha ?? (token ? 1 : 0.1),
    capacity,
    kv: read.kv,
    auxiliary: read.auxiliary_router,
    balancing: read.balancing,
    bias: token && (bias || read.balancing === "loss_free"),
  };
  fields.noOthers();
  fields.check(
    !recursion.auxiliary || routing === "expert",
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
  const layers = readRow(mol, "layers", { ...molKeys.layers, most: unique - 1 });
  const result = readMol(mol, [...new Set(layers)].sort((a, b) => a - b));
  mol.noOthers();
  return result;
}

/**
 * Reads the factors of losses. Absent ones are 0, but for `router_aux` with expert routing; so is that of the balance loss
 * under loss-free balancing (docs/mor.md, "Router losses").
 */
export function readLosses(fields: Fields, { balancing, routing }: RecursionConfig): LossCoefficients {
  const read = readRows(fields, lossKeys);
  fields.noOthers();
  return {
    routerAux: read.router_aux ?? (routing === "expert" ? ROUTER_AUX : 0),
    routerZ: read.router_z,
    routerBalance: balancing === "loss_free" ? 0 : read.router_balance,
    molBalance: read.mol_balance,
  };
}
