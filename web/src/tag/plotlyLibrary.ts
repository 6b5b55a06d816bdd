/**
 * Plotly for tags: the page's own `window.Plotly` where there is one, else the server's, which is requested with the
 * first tag. The build puts this module in the place of the page's own of the same name.
 */
import type { Plotly } from "plotly.js-finance-dist-min";
import { HOME } from "./home";

/** Name of the server's file of Plotly, written by the build. */
declare const PLOTLY_FILE: string;

/** Plotly writes no rules into the document while an element with this id is marked so. */
const SHEET = "figcast.plotly-style-global";
const NO_RULES = "no-inline-styles";

let coming: Promise<Plotly> | null = null;

export function plotly(): Promise<Plotly> {
  coming ??= bring().catch((error: unknown) => {
    // The next tag tries again.
    coming = null;
    throw error;
  });
  return coming;
}

async function bring(): Promise<Plotly> {
  const own: Partial<Plotly> | undefined = Reflect.get(globalThis, "Plotly");
  if (typeof own?.react === "function") return own as Plotly;
  // A tag has its rules in its shadow tree, and the policy of a page may forbid a <style> in it.
  const mark = document.createElement("template");
  mark.id = SHEET;
  mark.className = NO_RULES;
  document.head.append(mark);
  try {
    const { href } = new URL(PLOTLY_FILE, HOME ?? location.href);
    const module: { default: Plotly } = await import(/* @vite-ignore */ href);
    return module.default;
  } finally {
    mark.remove();
  }
}
