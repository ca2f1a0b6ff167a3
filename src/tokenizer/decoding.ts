/**
 * Ids that come one by one, and the text that they bring.
 *
 * @module
 */
import type { Stage, TokenPiece } from "./stages.ts";

/** A text on its way. */
export class TokenDecoding {
  /** Starts a text; `pieceOf` gives the piece of an id, undefined where it has none. */
  constructor(readonly stages: readonly Stage[], readonly pieceOf: (id: number) => TokenPiece | undefined) {}

  /** Whether text is held that only the next id, or the end, decides. */
  get pending(): boolean {
    return this.stages.some(({ pending }) => pending);
  }

  /** The text that an id brings, possibly empty. */
  push(id: number): string {
    const piece = this.pieceOf(id);
    if (!piece) return "";
    return textOf(this.stages.reduce((pieces, stage) => pieces.flatMap((piece) => stage.push(piece)), [piece]));
  }

  /** The text that was held: U+FFFD for bytes that never became a character. */
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
