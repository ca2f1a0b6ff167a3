/**
 * Ticks that the device runs, and what comes of them.
 *
 * @module
 */
import type { HostTensor } from "../../device.ts";
import type { DrawnToken } from "./generation.ts";
import type { Request } from "./request.ts";

/** Ticks that the log keeps: those that run, and those before them. */
export const KEPT = 64;

/** Work that the device has been given. */
export interface Ticks {
  /** The number of the first tick. */
  readonly first: number;
  /** How many; 0 where only parts of prompts were run. */
  readonly ticks: number;
  /** Requests by slot. */
  readonly slots: readonly (Request | undefined)[];
  /** The log after them. */
  readonly read: Promise<Record<"log" | "slots", HostTensor>>;
}

/**
 * Ticks that pass at most between two tokens of a sequence: all S slots run N recursions before it, one row at a time,
 * twice over, and the host starts at most `KEPT` ticks before it reads that a sequence has entered.
 */
export function mostIdleTicks(S: number, N: number): number {
  return 2 * S * (N + 1) + KEPT;
}

/**
 * Gives the tokens of some ticks to the requests that had the slots then, and returns them. A request whose sequence has
 * made no token for more than `mostIdle` ticks ends with an error: its sequence has ended on the device, or never began.
 */
export function deliver({ first, ticks, slots }: Ticks, log: HostTensor, mostIdle: number): DrawnToken[] {
  const drawn: DrawnToken[] = [];
  for (const [slot, request] of slots.entries()) {
    const { stream, fed } = request ?? {};
    if (!stream || fed !== stream.promptTokens) continue;
    stream.idleTicks += ticks;
    for (let tick = first; tick < first + ticks && !stream.over; tick++) {
      const at = 4 * (tick % KEPT * slots.length + slot);
      const [id, depth, logProb, score] = log.data.subarray(at, at + 4);
      if (id < 0) continue;
      const token = { id, depth, logProb, score };
      stream.push(token);
      drawn.push(token);
    }
    if (stream.idleTicks <= mostIdle) continue;
    const count = `${stream.idleTicks} ticks of the engine drew no token for this request`;
    stream.fail(new Error(`Cannot generate: ${count}, expected one within ${mostIdle}`));
  }
  return drawn;
}
