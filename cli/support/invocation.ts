/** The words that start a command in a shell: `deno task` in a clone, those of the package elsewhere. */

const TASK = "deno task ";

let words = TASK;

/** Names the words, as in "npx refrain". */
export function setInvocation(start: string): void {
  words = `${start} `;
}

/** A text of help or advice with the words in place of `deno task`. */
export function invocation(text: string): string {
  return text.replaceAll(TASK, words);
}
