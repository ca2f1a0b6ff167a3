/** Prints a story while it is generated: every token on the colour of its depth or, without colours, above its depth. */
import { depthColour, type Painter } from "../support/colour.ts";
import { widthOf } from "../support/table.ts";
import { visible } from "../support/trace_lines.ts";

/** Format of the output. */
export interface StoryPage {
  /** Width of a line. */
  readonly columns: number;
  /** Recursions, the greatest depth. */
  readonly N: number;
  /** Writes a token on a coloured background; undefined writes depths on separate lines. */
  readonly paint?: Painter;
  /** Prints text. */
  readonly write: (text: string) => void;
}

/** A part of a token without a line end, and its depth, 0 for the prompt. */
interface Cell {
  readonly text: string;
  readonly depth: number;
}

/** Writes tokens in lines broken between words; a word is printed when the next one begins, or by `end`. */
export class StoryWriter {
  #word: Cell[] = [];
  #line: Cell[] = [];

  /** Starts an empty line. */
  constructor(readonly page: StoryPage) {}

  /** Adds a token. */
  push(text: string, depth = 0): void {
    text.split(/(\n)/).forEach((part) => {
      if (part === "\n") this.#break();
      else this.#add({ text: visible(part), depth });
    });
  }

  /** Writes the last word and line. */
  end(): void {
    if (this.#word.length + this.#line.length) this.#break();
  }

  #add(cell: Cell): void {
    if (cell.text === "") return;
    if (cell.text.startsWith(" ")) this.#flush();
    this.#word.push(cell);
  }

  /** Appends the word to the line, or to the next one if it does not fit. */
  #flush(): void {
    const width = (cells: readonly Cell[]) => cells.reduce((sum, { text }) => sum + widthOf(text), 0);
    if (this.#line.length && width(this.#line) + width(this.#word) > this.page.columns) this.#endLine();
    for (const [i, { text, depth }] of this.#word.entries()) {
      const begins = i === 0 && this.#line.length === 0;
      const cell = { text: begins ? text.trimStart() : text, depth };
      this.#line.push(cell);
      this.#paint(cell);
    }
    this.#word = [];
  }

  #paint({ text, depth }: Cell): void {
    const { paint, write, N } = this.page;
    if (paint) write(depth ? paint(text, depthColour(depth, N)) : text);
  }

  #break(): void {
    this.#flush();
    this.#endLine();
  }

  #endLine(): void {
    const { paint, write } = this.page;
    const text = this.#line.map(({ text }) => text).join("");
    const numbers = this.#line.map(numbered).join("").trimEnd();
    write(paint ? "\n" : numbers ? `${text}\n${numbers}\n` : `${text}\n`);
    this.#line = [];
  }
}

/** The depth of a token below its first letter. */
function numbered({ text, depth }: Cell): string {
  const before = text.length - text.trimStart().length;
  const number = depth ? String(depth) : "";
  return " ".repeat(before) + number.padEnd(widthOf(text) - before);
}
