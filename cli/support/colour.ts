/** Colours for terminals and pictures, distinguishable with colour blindness. */
import process from "node:process";
import { isatty } from "node:tty";

/** Depth: ColorBrewer's YlGnBu, light to dark, so that it also reads in grey. */
const DEPTH_STOPS = ["#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494"];

/** Experts: Okabe and Ito's eight colours. */
const EXPERTS = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999"];

type Rgb = readonly [number, number, number];

function rgbOf(hex: string): Rgb {
  const value = parseInt(hex.slice(1), 16);
  return [value >> 16, value >> 8 & 255, value & 255];
}

function hexOf(rgb: Rgb): string {
  return `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}

/** Colour of a depth 1..N. */
export function depthColour(depth: number, N: number): string {
  const at = N > 1 ? (depth - 1) / (N - 1) * (DEPTH_STOPS.length - 1) : 0;
  const low = Math.min(Math.floor(at), DEPTH_STOPS.length - 2);
  const [from, to] = [rgbOf(DEPTH_STOPS[low]), rgbOf(DEPTH_STOPS[low + 1])];
  return hexOf(from.map((part, i) => part + (at - low) * (to[i] - part)) as unknown as Rgb);
}

/** Colour of an expert; they repeat from the ninth on, so its number is always shown as well. */
export function expertColour(expert: number): string {
  return EXPERTS[expert % EXPERTS.length];
}

/** Black or white, whichever has the higher contrast on a colour (WCAG relative luminance). */
export function inkOn(hex: string): "#000000" | "#ffffff" {
  const [r, g, b] = rgbOf(hex).map((part) => part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}

/** Index of the nearest colour of the 6×6×6 cube of terminals. */
function terminalColour(hex: string): number {
  const [r, g, b] = rgbOf(hex).map((part) => part < 48 ? 0 : part < 115 ? 1 : Math.floor((part - 35) / 40));
  return 16 + 36 * r + 6 * g + b;
}

/** Writes on a coloured background; plain text without colours. */
export type Painter = (text: string, ground: string) => string;

/** Whether standard output supports colours: a terminal, and NO_COLOR not set; FORCE_COLOR overrides the first. */
export function hasColour(): boolean {
  if (process.env.NO_COLOR) return false;
  return isatty(1) || Boolean(process.env.FORCE_COLOR);
}

/** The painter of standard output. */
export function painter(colour: boolean): Painter {
  if (!colour) return (text) => text;
  return (text, ground) => {
    return `\x1b[48;5;${terminalColour(ground)};38;5;${inkOn(ground) === "#000000" ? 16 : 231}m${text}\x1b[0m`;
  };
}
