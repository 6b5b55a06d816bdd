/** The chart on the screen as a file. Each carries symbol and as-of in its name, pictures also in their title. */
import { csvOf, fileName } from "./fileText";
import { type Exported, PICTURE, pictureOf } from "./picture";
import { plotly as library } from "./plotlyLibrary";

export const EXPORTS = [
  { kind: "png", face: "PNG", about: "picture" },
  { kind: "svg", face: "SVG", about: "drawing" },
  { kind: "csv", face: "CSV", about: "bars and studies" },
  { kind: "json", face: "JSON", about: "Plotly figure" },
] as const;

export type ExportKind = (typeof EXPORTS)[number]["kind"];

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
      return blobOf(await toImage(pictureOf(chart), options));
    }
  }
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
