/** One panel of a training picture as a vega-lite specification: curves or areas over the steps, with optional points. */
import type { Point } from "./training_series.ts";

/** One panel, or two beside each other. */
export type Panel = Record<string, unknown>;

/** Pixels. */
export const PICTURE = { width: 720, half: 305, beside: 110, height: 150, loss: 240, gap: 26 };

/** Contents of a panel. */
export interface Chart {
  /** Title. */
  readonly title: string;
  /** Subtitle. */
  readonly subtitle: string;
  /** Title of the vertical axis, with its unit. */
  readonly y: string;
  /** Curves, or stacked areas. */
  readonly lines: readonly Point[];
  /** Points. */
  readonly points?: readonly Point[];
  /** Colour of every series, in the order of the legend. */
  readonly colours: Readonly<Record<string, string>>;
  /** The last step. */
  readonly last: number;
  /** Whether the curves are stacked shares. */
  readonly shares?: boolean;
  /** Vertical scale. */
  readonly scale?: Readonly<Record<string, unknown>>;
  /** Vertical axis. */
  readonly axis?: Readonly<Record<string, unknown>>;
  /** Pixels. */
  readonly width?: number;
  /** Pixels. */
  readonly height?: number;
}

/** Common encoding of curves and points. */
function encodingOf({ y, lines, points = [], colours, last, shares = false, scale, axis, width }: Chart) {
  const there = new Set([...lines, ...points].map(({ series }) => series));
  const domain = Object.keys(colours).filter((series) => there.has(series));
  return {
    x: {
      field: "step",
      type: "quantitative",
      scale: { domain: [0, Math.max(1, last)], nice: false },
      axis: { title: "step", tickCount: width ? 5 : 10, tickMinStep: 1, labelExpr: "format(datum.value, '~s')" },
    },
    y: {
      field: "value",
      type: "quantitative",
      stack: shares ? "zero" : null,
      scale: shares ? { domain: [0, 1] } : scale ?? { zero: false },
      axis: { title: y, tickCount: 5, ...(shares && { format: "%" }), ...axis },
    },
    color: {
      field: "series",
      type: "nominal",
      scale: { domain, range: domain.map((series) => colours[series]) },
      legend: domain.length > 1 ? { orient: "right" } : null,
    },
    order: { field: "order", type: "quantitative" },
  };
}

/** Makes a panel with a legend of its series. */
export function chart(given: Chart): Panel {
  const { title, subtitle, lines, points = [], colours, shares, width, height } = given;
  const encoding = encodingOf(given);
  const series = Object.keys(colours);
  const order = (point: Point) => shares ? series.indexOf(point.series) : point.step;
  const layer = (values: readonly Point[], mark: Panel) => ({
    data: { values: values.map((point) => ({ ...point, order: order(point) })) },
    mark,
    encoding,
  });
  const curves = layer(lines, shares ? { type: "area", opacity: 0.9 } : { type: "line", strokeWidth: 1.6 });
  return {
    title: { text: title, subtitle },
    width: width ?? PICTURE.width,
    height: height ?? PICTURE.height,
    layer: points.length ? [curves, layer(points, { type: "point", filled: true, size: 36, opacity: 1 })] : [curves],
  };
}
