/** Cached folders. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";

/** Fills a folder under a temporary name and renames it when it is complete; a folder that exists stays. */
export async function fillOnce(folder: string, fill: (staging: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  const staging = `${folder}.${crypto.randomUUID()}.tmp`;
  try {
    await mkdir(staging, { recursive: true });
    await fill(staging);
    await rename(staging, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // another process has made it
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
