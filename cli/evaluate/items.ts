/** Documents of a task, as requests of lm-evaluation-harness. */

/** What the requests of a document ask for. */
export type Kind = "multiple_choice" | "loglikelihood" | "loglikelihood_rolling";

/** One document and its requests. */
export interface Item {
  /** Its number in the file, from 0. */
  readonly id: number;
  /** As it was read. */
  readonly doc: Readonly<Record<string, unknown>>;
  /** Context and continuation of each request; of a rolling one, an empty context and the whole text. */
  readonly pairs: readonly (readonly [context: string, continuation: string])[];
  /** Multiple choice: index of the right continuation. */
  readonly gold?: number;
}

/** The documents of one file. */
export interface Task {
  /** Name: that of the file, without folder and ending. */
  readonly name: string;
  /** What all of its requests ask for. */
  readonly kind: Kind;
  /** Its documents. */
  readonly items: readonly Item[];
  /** Documents in the file. */
  readonly original: number;
}

/** UTF-8 bytes of a text. */
export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** A continuation without the blank that divides it from its context. */
export const choiceOf = (continuation: string): string => continuation.replace(/^ /, "");
