/**
 * The colours of a chart on this page. A trace says what its colour stands for and the server tells the
 * colours of each theme, so that a change of theme or palette costs no new figure.
 */
import type { Figure, PriceTrace, Trace } from "../wire/figure";
import type { ColorTable, Palette, Role } from "../wire/wire.gen";

const INVISIBLE = "rgba(0,0,0,0)";

/** Told apart without colour: rising candles are hollow. */
export function isHollow(palette: Palette): boolean {
  return palette === "safe";
}

/** The colour of the newest price: that of the line, or that of the newest bar. */
export function priceColor({ data }: Figure, colors: ColorTable, palette: Palette): string {
  const price =
    data.find(({ uid }) => uid === "forming") ?? data.find(({ uid }) => uid === "price");
  if (price?.type === "scatter") return traceColor(price, colors, palette);
  const [rising, falling] = colors.directions[palette];
  return price?.meta === "down" ? falling : rising;
}

/** The colour of a line or of columns; a colour without a role stays. */
export function traceColor(
  trace: Exclude<Trace, PriceTrace>,
  colors: ColorTable,
  palette: Palette,
): string {
  const { uid, meta } = trace;
  // Volume has the colours of the bars that it belongs to.
  if (uid === "volume-up") return colors.directions[palette][0];
  if (uid === "volume-down") return colors.directions[palette][1];
  const served = trace.type === "bar" ? trace.marker.color : trace.line.color;
  return meta === undefined ? (served ?? INVISIBLE) : roleColor(meta, colors, palette);
}

/** East Asia has the colours of a line that rose and of one that fell the other way round. */
function roleColor(role: Role, colors: ColorTable, palette: Palette): string {
  const { roles, directions } = colors;
  if (role !== "up" && role !== "down") return roles[role];
  const isUp = role === "up";
  if (palette === "blue-orange") return directions[palette][isUp ? 0 : 1];
  return isUp === (palette !== "red-up") ? roles.up : roles.down;
}
