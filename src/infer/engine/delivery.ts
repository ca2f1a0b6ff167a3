/**
 * Steps that the device runs, and the delivery of their tokens.
 *
 * @module
 */
import type { DrawnToken } from "./generation.ts";
import type { Request } from "./request.ts";
import type { EngineReading } from "./state.ts";

/** Steps that the log keeps: twice as many as are started at a time. */
export const KEPT = 64;

/** Milliseconds between readings: no token is held back longer than 50, and steps may take a little longer than before. */
const READING = 40;

/**
 * Steps between two readings, after a reading of some steps that took so long: about {@link READING}, at most twice as many
 * as before, and at most half of the steps in the log.
 *
 * ```ts
 * paced(4, 20); // 8
 * paced(8, 80); // 4
 * ```
 */
export function paced(steps: number, milliseconds: number): number {
  return Math.max(1, Math.min(2 * steps, KEPT / 2, Math.floor(steps * READING / milliseconds)));
}

/** Work started on the device. */
export interface Steps {
  /** Number of the first step. */
  readonly first: number;
  /** Number of steps; 0 where only parts of prompts were started. */
  readonly steps: number;
  /** Requests by slot. */
  readonly slots: readonly (Request | undefined)[];
  /** The log and the table of slots after these steps. */
  readonly read: Promise<EngineReading>;
}

/**
 * Upper bound of the steps between two tokens of a sequence. All S slots may run N recursions and a last layer first, one row
 * a step; the bound is twice that, and `KEPT` more for steps started before the sequence entered.
 */
export function mostIdleSteps(S: number, N: number): number {
  return 2 * S * (N + 1) + KEPT;
}

/**
 * Pushes the tokens of some steps to the streams of the requests in the slots, and returns them. A request without a token for
 * more than `mostIdle` steps fails: its sequence has ended on the device, or never began.
 */
export function deliver({ first, steps, slots }: Steps, { log, top }: EngineReading, mostIdle: number): DrawnToken[] {
  const drawn: DrawnToken[] = [], width = (top?.shape[1] ?? 0) / slots.length;
  for (const [slot, request] of slots.entries()) {
    const { stream, fed } = request ?? {};
    if (!stream || fed !== stream.promptTokens) continue;
    stream.idleSteps += steps;
    for (let step = first; step < first + steps && !stream.over; step++) {
      const entry = step % KEPT * slots.length + slot, at = 4 * entry;
      const [id, depth, logProb, score] = log.data.subarray(at, at + 4);
      if (id === -1) continue;
      const token = { id, depth, logProb, score };
      stream.push({ ...token, pairs: top?.data.subarray(entry * width, (entry + 1) * width) });
      drawn.push(token);
    }
    if (stream.idleSteps <= mostIdle) continue;
    const count = `${stream.idleSteps} steps of the engine drew no token for this request`;
    stream.fail(new Error(`Cannot generate: ${count}, expected one within ${mostIdle}`));
  }
  return drawn;
}
