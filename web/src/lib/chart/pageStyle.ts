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

const COLOURS = [
  "--text",
  "--muted",
  "--surface",
  "--raised",
  "--grid",
  "--outline",
  "--on-line",
] as const;

export function readPageStyle(element: Element): PageStyle {
  const colours = plainColours(element, COLOURS);
  return {
    font: getComputedStyle(element).fontFamily,
    text: colours["--text"],
    muted: colours["--muted"],
    surface: colours["--surface"],
    raised: colours["--raised"],
    grid: colours["--grid"],
    outline: colours["--outline"],
    onLine: colours["--on-line"],
    coarse: matchMedia("(pointer: coarse)").matches,
    fade,
  };
}

/**
 * The colours that custom properties have at an element, as plain colours. Such a property is text until a colour
 * is made of it, and Plotly does not know `light-dark()` or `var()`.
 */
export function plainColours<Name extends string>(
  element: Element,
  names: readonly Name[],
): Record<Name, string> {
  const probes = names.map((name) => {
    const probe = document.createElement("span");
    probe.style.setProperty("color", `var(${name})`);
    // High contrast would give all of them the colour of text.
    probe.style.setProperty("forced-color-adjust", "none");
    return [name, probe] as const;
  });
  element.append(...probes.map(([, probe]) => probe));
  const read = probes.map(([name, probe]) => [name, getComputedStyle(probe).color] as const);
  for (const [, probe] of probes) probe.remove();
  return Object.fromEntries(read) as Record<Name, string>;
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
