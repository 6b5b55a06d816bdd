/** The colours that parts of a figure have on this page, for whoever draws beside it in the same ones. */

import type { Figure, ThemeName, Trace } from "../wire/figure";
import { chartColors, directions, recolored, roleOf, toned } from "./colors";
import type { PaneSettings } from "./paneSettings";

/** Colour of the newest price: the line's, or that of the newest bar. */
export function priceColor(figure: Figure, theme: ThemeName, settings: PaneSettings): string {
  const colors = chartColors(theme);
  const bar = figure.data.find(({ uid }) => uid === "forming");
  const price = bar ?? figure.data.find(({ uid }) => uid === "price");
  if (price?.line?.color !== undefined) return toned(price.line.color, colors, settings.palette);
  const [up, down] = directions(colors, settings.palette);
  // The server compares the last price with the close of the bar before.
  const label = figure.layout.annotations?.find(({ name }) => name === "last-price");
  const role = roleOf(String(label?.bgcolor));
  if (role === "blue" || role === "orange") return role === "blue" ? up : down;
  const of = (column: string) => (price?.[column] as number[] | undefined)?.at(-1) ?? 0;
  return of("close") >= of("open") ? up : down;
}

/** Colour of one line of the chart, as it is drawn. */
export function lineColor(trace: Trace, theme: ThemeName, { palette }: PaneSettings): string {
  const colors = chartColors(theme);
  const marker = trace.marker as { color?: string } | undefined;
  return (
    columnColor(trace, directions(colors, palette)) ??
    recolored(trace.line?.color ?? marker?.color ?? "", colors)
  );
}

/** Volume has the colours of the bars that it belongs to. */
export function columnColor({ uid }: Trace, [up, down]: [string, string]): string | undefined {
  return { "volume-up": up, "volume-down": down }[uid ?? ""];
}
