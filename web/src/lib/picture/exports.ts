/** The chart on the screen as a file. Each carries symbol and as-of in its name, pictures also in their title. */

import { lettering } from "../chart/pageStyle";
import { plotly } from "../chart/plotlyLibrary";
import { csvOf, fileName } from "./fileText";
import { withFont } from "./pageFont";
import { type Exported, PICTURE, pictureOf } from "./picture";

export const EXPORTS = [
  { kind: "png", face: "PNG", about: "picture" },
  { kind: "svg", face: "SVG", about: "drawing" },
  { kind: "csv", face: "CSV", about: "bars and studies" },
  { kind: "json", face: "JSON", about: "Plotly figure" },
] as const;

export type ExportKind = (typeof EXPORTS)[number]["kind"];

/** Dots of a picture's pixel. */
const PNG_SCALE = 2;
const SVG = "image/svg+xml";

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
      return new Blob([await svgOf(chart)], { type: SVG });
    case "png":
      return pngOf(await svgOf(chart));
  }
}

async function svgOf(chart: Exported): Promise<string> {
  const { toImage } = await plotly();
  const picture = pictureOf(chart, lettering(document.body));
  return withFont(await toImage(picture, { format: "svg", ...PICTURE, imageDataOnly: true }));
}

/** By the browser itself, which knows the font that is in the drawing. */
async function pngOf(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: SVG }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = new OffscreenCanvas(PICTURE.width * PNG_SCALE, PICTURE.height * PNG_SCALE);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await canvas.convertToBlob({ type: "image/png" });
  } finally {
    URL.revokeObjectURL(url);
  }
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
