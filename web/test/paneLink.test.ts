import { expect, it } from "vitest";
import { PaneLink, type PaneMessage } from "../src/lib/page/paneLink";

function pane(link: PaneLink) {
  const heard: PaneMessage[] = [];
  return { heard, ...link.join((message) => heard.push(message)) };
}

it("tells every other chart, never the one that speaks", () => {
  const link = new PaneLink();
  const [one, two, three] = [pane(link), pane(link), pane(link)];
  one.say({ kind: "cursor", bar: null });
  expect([one.heard, two.heard, three.heard].map((heard) => heard.length)).toEqual([0, 1, 1]);
});

it("tells nothing to a chart that has left", () => {
  const link = new PaneLink();
  const [one, two] = [pane(link), pane(link)];
  two.leave();
  one.say({ kind: "live" });
  expect(two.heard).toEqual([]);
});
