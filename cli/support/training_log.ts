/** The log of a training run, of which damaged lines are left out. */
import { type LogLine, parseLog } from "../../src/train/run/log_lines.ts";
import { note } from "./command.ts";
import { counted } from "./table.ts";

/** Reads `log.jsonl`; a warning states the number of damaged lines and the first one's reason. */
export function readableLines(text: string, name: string): LogLine[] {
  const damage: string[] = [];
  const lines = parseLog(text, name, (reason) => damage.push(reason));
  if (damage.length) note(`WARNING: ${counted(damage.length, "damaged line")} of ${name} left out: ${damage[0]}`);
  return lines;
}
