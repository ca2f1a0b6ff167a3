/**
 * Hashes of files, to detect damage on disk before training continues.
 *
 * @module
 */
import type { Source } from "../../checkpoint/source.ts";

/** Bytes of a chunk. */
const CHUNK = 2 ** 23;

/** Bytes in hexadecimal; Node 20 has no toHex. */
const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Hash of a file: SHA-256 over the SHA-256 of its chunks of 8 MiB, in hexadecimal; undefined if there is no such file.
 * Chunks bound the memory, because crypto.subtle.digest takes whole buffers only.
 */
async function fileDigest(source: Source, file: string): Promise<string | undefined> {
  const size = await source.size(file);
  if (size === undefined) return undefined;
  const chunks = new Uint8Array(32 * Math.ceil(size / CHUNK));
  for (let at = 0, chunk = 0; at < size; at += CHUNK, chunk++) {
    const bytes = await source.read(file, at, Math.min(size, at + CHUNK));
    chunks.set(await sha256(bytes), 32 * chunk);
  }
  return hexOf(await sha256(chunks));
}

/** Hashes of files by name; undefined for missing ones. */
export async function fileDigests(
  source: Source,
  names: readonly string[],
): Promise<Record<string, string | undefined>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await fileDigest(source, name)])));
}

/** Hash of a JSON value: SHA-256 of its text without spaces, in hexadecimal. */
export async function jsonDigest(value: unknown): Promise<string> {
  return hexOf(await sha256(new TextEncoder().encode(JSON.stringify(value))));
}

/** Compares files with their hashes. Throws naming the first file that is missing, or whose content has changed. */
export async function refuseDamage(source: Source, digests: Readonly<Record<string, string>>): Promise<void> {
  const found = await fileDigests(source, Object.keys(digests));
  for (const [name, digest] of Object.entries(digests)) {
    if (found[name] === digest) continue;
    const damage = found[name] === undefined ? "there is no such file" : "its SHA-256 is not that of what was written";
    throw new Error(`Cannot read ${name} of ${source.name}: ${damage}`);
  }
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource));
}
