/**
 * Prompts with too many tokens.
 *
 * @module
 */
import { fitSequences, lengthOf, type TruncateOptions } from "./truncation.ts";

/** What limits a prompt. */
interface PromptLimits extends TruncateOptions {
  /** New tokens that are asked for. */
  readonly maxNewTokens?: number;
}

/** Tokens of a prompt that are read, and the number of the others. */
export interface FittedPrompt {
  readonly ids: ArrayLike<number>;
  readonly cutTokens: number;
}

/**
 * A prompt of at most `maxLength` tokens. With `truncate` it also leaves positions for the new tokens that are asked for, of
 * half of the positions at most.
 *
 * Throws a RangeError for a longer prompt where `truncate` names no end, and for a `maxLength` above the positions.
 */
export function fitPrompt(
  ids: ArrayLike<number>,
  positions: number,
  { maxLength, truncate, maxNewTokens = 1 }: PromptLimits,
): FittedPrompt {
  if (maxLength === undefined && truncate === undefined) return { ids, cutTokens: 0 };
  const asked = Math.min(Math.max(1, maxNewTokens), Math.max(1, Math.floor(positions / 2)));
  const most = Math.min(lengthOf("generate", maxLength, positions), truncate ? positions - asked : positions);
  const how = { action: "generate", most: Math.max(1, most), truncate, name: () => "the prompt" };
  const { sequences: [some], cut } = fitSequences([ids], how);
  return { ids: some, cutTokens: cut.length > 0 ? cut[0].tokens - cut[0].kept : 0 };
}
