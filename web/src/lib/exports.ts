/** The chart on the screen as a file. Each carries symbol and as-of in its name, pictures also in their title. */
import { chartColors } from "./chartColors";
import { priceColor } from "./figureColors";
import { caption, csvOf, fileName } from "./fileText";
import { pageFigure, scaleOf } from "./pageFigure";
import { readPageStyle } from "./pageStyle";
import type { PaneSettings } from "./paneSettings";
import { plotly as library } from "./plotlyLibrary";
import type { Scene } from "./scene";
import type { Figure, ThemeName } from "./types";
import { wallText } from "./wallTime";
import { fitHeights } from "./yFit";

export const EXPORTS = [
  { kind: "png", face: "PNG", about: "picture" },
  { kind: "svg", face: "SVG", about: "drawing" },
  { kind: "csv", face: "CSV", about: "bars and studies" },
  { kind: "json", face: "JSON", about: "Plotly figure" },
] as const;

export type ExportKind = (typeof EXPORTS)[number]["kind"];

export interface Exported {
  symbol: string;
  scene: Scene;
  settings: PaneSettings;
  theme: ThemeName;
}

const PICTURE = { width: 1280, height: 720 };
/** Dots of a picture's pixel. */
const PNG_SCALE = 2;

export async function exportChart(kind: ExportKind, chart: Exported): Promise<void> {
  save(await fileOf(kind, chart), fileName(chart.symbol, chart.scene.figure.layout.meta, kind));
}

async function fileOf(kind: ExportKind, chart: Exported): Promise<Blob> {
  const { figure } = chart.scene;
  switch (kind) {
    case "json":
      return new Blob([JSON.stringify(figure)], { type: "application/json" });
    case "csv":
      return new Blob([csvOf(figure)], { type: "text/csv" });
    case "svg":
    case "png": {
      const { toImage } = await library;
      const options = { format: kind, ...PICTURE, ...(kind === "png" && { scale: PNG_SCALE }) };
      return blobOf(await toImage(picture(chart), options));
    }
  }
}

/** The chart with what the page draws over it drawn into it. */
function picture({ symbol, scene, settings, theme }: Exported): Figure {
  const { figure, from, to } = scene;
  const scale = scaleOf(figure, settings);
  const style = readPageStyle(document.documentElement);
  const isHidden = () => false;
  const dressed = pageFigure(figure, {
    style,
    theme,
    settings,
    scale,
    x: [wallText(from), wallText(to)],
    y: fitHeights(figure.data, figure.layout, [from, to], { scale, isHidden }),
    isHidden,
  });
  const { layout } = dressed;
  const panes = figure.layout.annotations?.filter(({ name }) => name === "pane") ?? [];
  const last = figure.layout.shapes?.find(({ name }) => name === "last-price");
  const line = { color: priceColor(figure, theme, settings), width: 1, dash: "dot" };
  return {
    data: dressed.data,
    layout: {
      ...layout,
      ...PICTURE,
      autosize: false,
      showlegend: figure.layout.legend !== undefined,
      legend: figure.layout.legend,
      margin: { ...layout.margin, l: 16, t: 84 },
      // Without tags: Plotly writes those as style attributes, which the page's policy refuses.
      title: {
        text: escaped(symbol),
        subtitle: {
          text: escaped(caption(figure.layout.meta)),
          font: { size: 12, color: style.muted },
        },
        x: 0.0125,
        xanchor: "left",
        font: { size: 20, weight: 700, color: style.text },
      },
      shapes: [...(layout.shapes ?? []), ...(last === undefined ? [] : [{ ...last, line }])],
      annotations: [
        ...(layout.annotations ?? []),
        ...panes,
        {
          text: "figcast",
          xref: "paper",
          yref: "paper",
          x: 1,
          y: 0,
          xanchor: "right",
          yanchor: "top",
          yshift: -22,
          showarrow: false,
          font: { size: 11, color: chartColors(theme).muted },
        },
      ],
    },
  };
}

/** Plotly's titles understand tags. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Without a request: the page's policy lets nothing but the server be asked. */
function blobOf(url: string): Blob {
  const comma = url.indexOf(",");
  const [head, body] = [url.slice(0, comma), url.slice(comma + 1)];
  const type = head.slice("data:".length).replace(";base64", "");
  if (!head.endsWith(";base64")) return new Blob([decodeURIComponent(body)], { type });
  return new Blob([Uint8Array.from(atob(body), (char) => char.charCodeAt(0))], { type });
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
