/**
 * The token stream of training.
 *
 * @module
 */

/** Sizes of a packed stream of tokens: documents one after the other, each followed by the end-of-text token. */
export interface TokenStream {
  /** Length of the stream, ends of texts included. */
  readonly tokens: number;
  /** Number of documents. */
  readonly documents: number;
  /** UTF-8 bytes of the documents' text: bits/byte are the stream's summed nats / ln 2 / bytes. */
  readonly bytes: number;
  /** Vocabulary size V: ids are 0 … V − 1. */
  readonly vocabulary: number;
  /** Id of the end-of-text token. */
  readonly endOfText: number;
}

/** A packed stream of tokens. */
export interface TokenReader extends TokenStream {
  /** Tokens [start, end) of the stream. Throws a RangeError for a range outside the stream. */
  read(start: number, end: number): Promise<Int32Array>;
}
