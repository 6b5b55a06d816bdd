/**
 * The server's figure dressed for this page: same data, same axes, but the page's font and
 * colours, no title (the quote line says it better) and the last price marked at the axis.
 * Works on a copy; ranges are never touched, so the reader's zoom stays the reader's.
 */
import { formatPrice } from "./format";
import type { PageStyle } from "./pageStyle";
import type { Figure, Layout, Trace } from "./types";

type Attributes = Record<string, unknown>;

const AXIS = /^[xy]axis\d*$/;
const MARGIN = { l: 12, r: 12, t: 36, b: 12 };

export function pageFigure(figure: Figure, style: PageStyle): Figure {
  const { title: _, width: __, height: ___, ...layout } = figure.layout;
  const dressed: Layout = {
    ...layout,
    autosize: true,
    // Not transparent: an exported picture must carry its background with it.
    paper_bgcolor: style.surface,
    plot_bgcolor: style.surface,
    font: { ...layout.font, family: style.font, size: 12, color: style.muted },
    margin: MARGIN,
    // One finger on a touch screen scrolls the page; the range slider still takes touches.
    dragmode: style.coarse ? false : (layout.dragmode ?? "pan"),
    modebar: { bgcolor: "rgba(0,0,0,0)", color: style.muted, activecolor: style.text },
    hoverlabel: {
      bgcolor: style.raised,
      bordercolor: style.grid,
      font: { family: style.font, size: 12, color: style.text },
    },
  };
  for (const key of Object.keys(layout)) {
    if (AXIS.test(key)) dressed[key] = dressAxis(key, layout[key] as Attributes, style);
  }
  const marker = priceMarker(figure, style);
  if (marker !== null) {
    dressed.shapes = [...withoutLastPrice(layout.shapes), marker.line];
    dressed.annotations = [...withoutLastPrice(layout.annotations), marker.label];
  }
  return { data: figure.data.map((trace) => dressTrace(trace, style)), layout: dressed };
}

/** The server names what it marks, so that who marks it otherwise can leave it out. */
function withoutLastPrice(marks: readonly Attributes[] = []): Attributes[] {
  return marks.filter((mark) => mark.name !== "last-price");
}

/** The mountain fades towards its foot, which would otherwise end in a hard edge. */
function dressTrace(trace: Trace, style: PageStyle): Trace {
  const colour = trace.line?.color;
  if (trace.uid !== "price" || trace.fill !== "tonexty" || colour === undefined) return trace;
  const colorscale = [
    [0, style.fade(colour, 0)],
    [1, style.fade(colour, 0.3)],
  ];
  return { ...trace, fillgradient: { type: "vertical", colorscale } };
}

function dressAxis(key: string, axis: Attributes, style: PageStyle): Attributes {
  const dressed: Attributes = {
    ...axis,
    // Sideways, tick labels of the time axis would make the chart's edge wander with the clock.
    automargin: key.startsWith("y") ? true : "height",
    gridcolor: style.grid,
    linecolor: style.grid,
    zerolinecolor: style.grid,
    spikecolor: style.muted,
    spikethickness: 1,
    spikedash: "dot",
  };
  if (key === "yaxis") {
    dressed.side = "right";
    // The wheel moves through time only: zoomed in price too, the line would leave the screen.
    dressed.fixedrange = true;
    // The quote line names the currency.
    delete dressed.title;
  }
  if (typeof axis.rangeselector === "object") {
    dressed.rangeselector = {
      ...axis.rangeselector,
      x: 0,
      xanchor: "left",
      y: 1,
      yanchor: "bottom",
      bgcolor: style.raised,
      activecolor: style.outline,
      bordercolor: style.surface,
      borderwidth: 2,
      font: { family: style.font, size: 13, color: style.text },
    };
  }
  if (typeof axis.rangeslider === "object") {
    dressed.rangeslider = {
      thickness: 0.09,
      ...axis.rangeslider,
      bgcolor: style.surface,
      bordercolor: style.grid,
      borderwidth: 1,
    };
  }
  return dressed;
}

/** A dotted line at the last price, its number on the axis. Nothing when there is no price. */
function priceMarker(figure: Figure, style: PageStyle) {
  const meta = figure.layout.meta;
  const last = meta?.quote.last ?? null;
  if (meta === undefined || last === null) return null;
  const colour = figure.data.find((trace) => trace.uid === "price")?.line?.color ?? style.muted;
  return {
    line: {
      name: "page-price-line",
      type: "line",
      xref: "paper",
      x0: 0,
      x1: 1,
      yref: "y",
      y0: last,
      y1: last,
      line: { color: colour, width: 1, dash: "dot" },
    },
    label: {
      name: "page-price-label",
      xref: "paper",
      x: 1,
      xanchor: "left",
      yref: "y",
      y: last,
      text: formatPrice(last, meta.instrument.priceDecimals),
      showarrow: false,
      bgcolor: colour,
      borderpad: 3,
      font: { family: style.font, size: 12, weight: 600, color: style.onLine },
    },
  };
}
