/** The end of a run: its picture. */
import { readFile, realpath } from "node:fs/promises";
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { writeFileAtomically } from "../../src/checkpoint/files.ts";
import { note } from "../support/command.ts";
import { secondsText } from "../support/progress.ts";
import { readableLines } from "../support/training_log.ts";
import type { ConfigFile } from "./config_file.ts";
import { runName } from "./name.ts";
import { LOG } from "./out.ts";

/** Draws the log, and prints the folder of the model. Failing to draw is only a warning. */
export async function finish({ path, config: { out } }: ConfigFile, seconds: number): Promise<void> {
  try {
    const { drawTrainingPicture } = await import("../support/training_picture.ts");
    const lines = readableLines(await readFile(`${out}/${LOG}`, "utf8"), `${out}/${LOG}`);
    const svg = await drawTrainingPicture([{ name: runName(await realpath(out), path), lines }]);
    await writeFileAtomically(`${out}/training.svg`, [new TextEncoder().encode(svg)]);
  } catch (error) {
    note(`WARNING: no picture of the training: ${reasonOf(error)}`);
  }
  note(`Done after ${secondsText(seconds)}: the model is in ${out}`);
}
