/**
 * The theme of a tag. `auto` goes with what the tag stands on: dark where the page is dark there, by the nearest
 * background that can be seen, else by the page's colour scheme. What the system prefers says nothing of a page.
 */
import { plainColours } from "../lib/chart/pageStyle";
import type { ThemeName } from "../lib/wire/wire.gen";
import type { TagTheme } from "./attributes";

const SYSTEM_DARK = matchMedia("(prefers-color-scheme: dark)");
/** High contrast: the system's own colours win over a page's theme. */
const FORCED = matchMedia("(forced-colors: active)");

/** `probe` stands in the tag and inherits the page's colour scheme; its `--ground` is that of a bare page. */
export function schemeOf(probe: Element, theme: TagTheme): ThemeName {
  if (FORCED.matches) return SYSTEM_DARK.matches ? "dark" : "light";
  if (theme !== "auto") return theme;
  for (let element = parentOf(probe); element !== null; element = parentOf(element)) {
    const colour = channelsOf(getComputedStyle(element).backgroundColor);
    if (colour !== null && colour.alpha >= SEEN) return themeOn(colour);
  }
  const ground = channelsOf(plainColours(probe, ["--ground"])["--ground"]);
  return ground === null ? "light" : themeOn(ground);
}

/** Up through the shadow trees that a tag may stand in. */
function parentOf(element: Element): Element | null {
  if (element.parentElement !== null) return element.parentElement;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}

interface Channels {
  red: number;
  green: number;
  blue: number;
  alpha: number;
}

/** Above this much of it a background hides what is behind. */
const SEEN = 128;
/** Half of the light of white, as an eye sees it. */
const MIDDLE = 128;

function themeOn({ red, green, blue }: Channels): ThemeName {
  return 0.299 * red + 0.587 * green + 0.114 * blue < MIDDLE ? "dark" : "light";
}

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** Of a colour of any spelling. */
function channelsOf(colour: string): Channels | null {
  if (canvas === null) return null;
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
  return { red, green, blue, alpha };
}

/** Tells when the theme of a tag may be another one: the system's has changed, or the page has other attributes. */
export function subscribeScheme(onChange: () => void): () => void {
  const changes = new MutationObserver(onChange);
  const { documentElement, body } = document;
  for (const element of [documentElement, body]) changes.observe(element, { attributes: true });
  SYSTEM_DARK.addEventListener("change", onChange);
  return () => {
    changes.disconnect();
    SYSTEM_DARK.removeEventListener("change", onChange);
  };
}
