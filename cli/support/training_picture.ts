/** Training runs as a picture: loss, routing, gradient norm and learning rate, for light and dark backgrounds. */
import process from "node:process";
import { type DrawnRun, panels, PICTURE, title } from "./training_panels.ts";

/** Packages that only this picture needs. */
const PACKAGES = ["vega@6.4", "vega-lite@6.5"] as const;

/** Imports a package by name at run time, so that neither the lock file nor the published package depends on it. */
const importByName = new Function("name", "return import(name)") as (name: string) => Promise<unknown>;

/** Exports of the packages. */
interface Vega {
  parse(spec: unknown): unknown;
  View: new (runtime: unknown, options: { renderer: "none" }) => { toSVG(): Promise<string>; finalize(): void };
}
interface VegaLite {
  compile(spec: unknown): { spec: unknown };
}

/** Light and dark colours of background, text and lines. */
const GROUNDS = {
  paper: ["#ffffff", "#14171b"],
  ink: ["#1b1f24", "#e8eaed"],
  quiet: ["#59636e", "#a0a8b1"],
  edge: ["#c3c9d0", "#4a525b"],
  grid: ["#e6e9ec", "#2a2f35"],
} as const;

/** The style of the dark colours; viewers without support show the light picture. */
function darkStyle(): string {
  const rules = Object.values(GROUNDS).flatMap(([light, dark]) =>
    ["fill", "stroke"].map((property) => `  [${property}="${light}"] { ${property}: ${dark}; }`)
  );
  return `<style>\nsvg { color-scheme: light dark; }\n@media (prefers-color-scheme: dark) {\n${
    rules.join("\n")
  }\n}\n</style>`;
}

function config() {
  const [paper, ink, quiet, edge, grid] = Object.values(GROUNDS).map(([light]) => light);
  const font = 'system-ui, "DejaVu Sans", Helvetica, Arial, sans-serif';
  return {
    background: paper,
    font,
    padding: 20,
    view: { stroke: null },
    axis: {
      labelColor: quiet,
      titleColor: quiet,
      titleFontWeight: "normal",
      titlePadding: 8,
      labelFontSize: 11,
      titleFontSize: 11,
      domainColor: edge,
      tickColor: edge,
      gridColor: grid,
      labelOverlap: "greedy",
    },
    axisX: { grid: false },
    axisY: { minExtent: 46, maxExtent: 46, domain: false, ticks: false },
    legend: { labelColor: ink, labelFontSize: 11, title: null, labelLimit: 170, offset: 14, symbolStrokeWidth: 2 },
    title: { color: ink, subtitleColor: quiet, fontSize: 13, subtitleFontSize: 11, anchor: "start", offset: 8 },
  };
}

/** Paths with a tenth of a pixel. */
function shortPaths(svg: string): string {
  return svg.replace(
    / d="[^"]*"/g,
    (path) => path.replace(/\d+\.\d{2,}/g, (x) => String(Number(Number(x).toFixed(1)))),
  );
}

/** The vega-lite specification of the picture. */
export function pictureSpec(runs: readonly DrawnRun[]): Record<string, unknown> {
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title: { ...title(runs), fontSize: 16, offset: 16 },
    config: config(),
    spacing: PICTURE.gap,
    vconcat: panels(runs),
    resolve: { legend: { color: "independent" }, scale: { color: "independent" } },
  };
}

/**
 * Draws training runs as a standalone SVG without scripts: one in detail, several in the same panels.
 *
 * Throws a RangeError for a log without steps, and an Error if the packages cannot be loaded.
 */
export async function drawTrainingPicture(runs: readonly DrawnRun[]): Promise<string> {
  const empty = runs.find(({ lines }) => !lines.some(({ kind }) => kind === "step"));
  if (empty) throw new RangeError(`Cannot draw the training: the log of ${empty.name} has no steps`);
  const inDeno = "deno" in process.versions;
  const names = PACKAGES.map((name) => inDeno ? `npm:${name}` : name.split("@")[0]); // Node has what is installed
  const [vega, lite] = await Promise.all(names.map(importByName)).catch((error) => {
    const remedy = inDeno ? "" : `; npm install ${PACKAGES.join(" ")} adds them`;
    throw new Error(`Cannot draw the training: ${names.join(" or ")} cannot be loaded: ${error.message}${remedy}`);
  }) as [Vega, VegaLite];
  const view = new vega.View(vega.parse(lite.compile(pictureSpec(runs)).spec), { renderer: "none" });
  try {
    const svg = await view.toSVG();
    return shortPaths(svg).replace(/<svg[^>]*>/, (open) => `${open}\n${darkStyle()}\n`) + "\n";
  } finally {
    view.finalize();
  }
}
