/**
 * The chart on paper: light, and as large as the sheet. A browser asks for it with an event and waits for
 * no promise, so it is drawn at once; it is an SVG with a view box, which every paper stretches its own way.
 */
import { lettering } from "../chart/pageStyle";
import { arrived as plotly } from "../chart/plotlyLibrary";
import { type Exported, pictureOf, type Size } from "./picture";

/** The shape of A4 and Letter lying on their side, less margins and a line for the address. */
const PAPER: Size = { width: 1080, height: 700 };
const SVG = "http://www.w3.org/2000/svg";

/** Fills `sheet`, whose own style is read. Empties it when called. */
export function fillSheet(sheet: HTMLElement, chart: Exported): () => void {
  if (plotly === null) return () => {};
  const { react, purge } = plotly;
  const draft = document.createElement("div");
  sheet.replaceChildren(draft);
  const picture = pictureOf(chart, lettering(sheet), PAPER);
  const drawn = react(draft, picture.data, picture.layout, { staticPlot: true });
  const whole = document.createElementNS(SVG, "svg");
  whole.setAttribute("viewBox", `0 0 ${PAPER.width} ${PAPER.height}`);
  // Plotly stacks several drawings of the same size.
  whole.append(...draft.querySelectorAll(".main-svg"));
  sheet.append(whole);
  return () => {
    sheet.replaceChildren();
    // Everything is drawn by now, but Plotly has a last word.
    drawn.catch(console.error).finally(() => purge(draft));
  };
}
