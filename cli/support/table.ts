/** Tables of text, and the width of a text on a terminal. */
import process from "node:process";

/** Terminal columns of a text: combining marks have none, East Asian characters and emoji two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/^[\p{M}\p{Cf}]$/u.test(character)) continue;
    const wide =
      /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}！-～]$/u;
    width += wide.test(character) ? 2 : 1;
  }
  return width;
}

/** Pads a text with blanks. */
export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Rows as lines, the first a heading; columns that hold only numbers (with units) are right-aligned. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0].map((_, i) => rows.map((row) => row[i] ?? ""));
  const widths = columns.map((cells) => Math.max(...cells.map(widthOf)));
  const right = columns.map((cells) =>
    cells.slice(1).every((cell) => /^(?:[-+]?[\d.,]+(?:e[-+]?\d+)?.{0,12}|)$/.test(cell))
  );
  return rows.map((row) => {
    const cells = widths.map((width, i) => {
      const cell = row[i] ?? "";
      return right[i] ? " ".repeat(width - widthOf(cell)) + cell : padTo(cell, width);
    });
    return cells.join("  ").trimEnd();
  });
}

/** Width of the terminal; 100 columns if standard output is none. */
export function columns(): number {
  return Math.max(40, process.stdout.columns || 100);
}

/** Names with their meanings, which are wrapped in a column of their own; a long name has its own line. */
export function definitions(entries: readonly (readonly [string, string])[], width = 120): string {
  const column = 28;
  return entries.map(([name, text]) => {
    const lines = [""];
    for (const word of text.split(" ")) {
      const last = lines[lines.length - 1];
      if (column + last.length + word.length > width) lines.push(word);
      else lines[lines.length - 1] = last ? `${last} ${word}` : word;
    }
    const head = `  ${name} `, margin = " ".repeat(column);
    return `${head.length > column ? `${head.trimEnd()}\n${margin}` : head.padEnd(column)}${lines.join(`\n${margin}`)}`;
  }).join("\n");
}

/** A count with its noun: 1 token, 2 tokens. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
