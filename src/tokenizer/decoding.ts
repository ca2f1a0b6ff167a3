/**
 * Incremental decoding of ids to text.
 *
 * @module
 */
import type { Stage, TokenPiece } from "./stages.ts";

/** The decoding of one text. */
export class TokenDecoding {
  /** Starts a text; `pieceOf` maps an id to its piece, undefined without one. */
  constructor(readonly stages: readonly Stage[], readonly pieceOf: (id: number) => TokenPiece | undefined) {}

  /** Whether text is pending until the next id or the end. */
  get pending(): boolean {
    return this.stages.some(({ pending }) => pending);
  }

  /** The text that an id completes, possibly empty. */
  push(id: number): string {
    const piece = this.pieceOf(id);
    if (!piece) return "";
    return textOf(this.stages.reduce((pieces, stage) => pieces.flatMap((piece) => stage.push(piece)), [piece]));
  }

  /** The pending text at the end: U+FFFD for incomplete characters. */
  end(): string {
    const held = this.stages.reduce<TokenPiece[]>(
      (pieces, stage) => [...pieces.flatMap((piece) => stage.push(piece)), ...stage.end()],
      [],
    );
    return textOf(held);
  }
}

function textOf(pieces: readonly TokenPiece[]): string {
  return pieces.map(({ text }) => text).join("");
}
