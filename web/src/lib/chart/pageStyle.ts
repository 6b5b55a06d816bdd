/** The font and the colours that the chart takes over from the page's style sheet. */

export interface PageStyle {
  font: string;
  text: string;
  muted: string;
  surface: string;
  raised: string;
  grid: string;
  outline: string;
  /** Text on the price line's own colour. */
  onLine: string;
  /** A finger rather than a mouse. */
  coarse: boolean;
  /** Any CSS colour at a lower opacity. */
  fade: (colour: string, opacity: number) => string;
}

/** The page's letters: their family and colours, and how much room they take. */
export interface Lettering {
  style: PageStyle;
  widthOf: (text: string, weight: number, size: number) => number;
}

/** The colours are registered with @property, so what is read is a resolved colour. */
export function readPageStyle(element: Element): PageStyle {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    font: style.fontFamily,
    text: colour("--text"),
    muted: colour("--muted"),
    surface: colour("--surface"),
    raised: colour("--raised"),
    grid: colour("--grid"),
    outline: colour("--outline"),
    onLine: colour("--on-line"),
    coarse: matchMedia("(pointer: coarse)").matches,
    fade,
  };
}

/** The letters of an element, for what is drawn like it. */
export function lettering(element: Element): Lettering {
  const style = readPageStyle(element);
  return {
    style,
    widthOf: (text, weight, size) => {
      if (canvas === null) return text.length * size * 0.6;
      canvas.font = `${weight} ${size}px ${style.font}`;
      return canvas.measureText(text).width;
    },
  };
}

const canvas = document.createElement("canvas").getContext("2d");

/** A canvas answers an opaque colour of any spelling with its #rrggbb. */
function fade(colour: string, opacity: number): string {
  if (canvas === null) return colour;
  canvas.fillStyle = colour;
  const alpha = Math.round(opacity * 255);
  return `${canvas.fillStyle.slice(0, 7)}${alpha.toString(16).padStart(2, "0")}`;
}
