/** Where things are on the screen, and which of them stand on one another. */
import type { Frame, Page } from "playwright-core";

/** What stands around a chart and over it, each of which has a place of its own. */
const THINGS = [
  "[data-testid=symbol]",
  "[data-testid=last]",
  "[data-testid=change]",
  ".chip",
  ".tools .tool",
  ".plot",
  ".nav",
  ".header button, .header input",
  ".toolbar button, .toolbar select",
].join(",");

/** Pairs of things that overlap, by as much as is seen of both. */
export function overlaps(page: Page | Frame): Promise<string[]> {
  return page.evaluate((things) => {
    type Rect = { left: number; top: number; right: number; bottom: number };
    const cut = (one: Rect, other: Rect): Rect => ({
      left: Math.max(one.left, other.left),
      top: Math.max(one.top, other.top),
      right: Math.min(one.right, other.right),
      bottom: Math.min(one.bottom, other.bottom),
    });
    const isThere = ({ left, top, right, bottom }: Rect) => right - left > 1 && bottom - top > 1;
    const seen = (element: Element): Rect => {
      let rect: Rect = element.getBoundingClientRect();
      for (let up = element.parentElement; up !== null; up = up.parentElement) {
        if (getComputedStyle(up).overflow !== "visible")
          rect = cut(rect, up.getBoundingClientRect());
      }
      return rect;
    };
    const name = (element: Element) =>
      element.getAttribute("data-testid") ??
      element.getAttribute("aria-label") ??
      element.className;
    const shown = [...document.querySelectorAll(things)]
      .filter((element) => element.checkVisibility())
      .map((element) => ({ element, rect: seen(element) }))
      .filter(({ rect }) => isThere(rect));
    return shown.flatMap(({ element, rect }, index) =>
      shown
        .slice(index + 1)
        .filter((other) => !element.contains(other.element) && isThere(cut(rect, other.rect)))
        .map((other) => `${name(element)} and ${name(other.element)}`),
    );
  }, THINGS);
}

/** Whether anything in the document can be scrolled by a wheel. */
export function scrollers(page: Page | Frame): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("*")]
      .filter((element) => element.checkVisibility())
      .filter(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight + 1)
      .filter((element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowY))
      .map(({ className }) => String(className)),
  );
}
