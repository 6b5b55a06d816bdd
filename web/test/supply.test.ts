// @vitest-environment happy-dom
/** Where tags get their charts from. */
import { expect, it, vi } from "vitest";

vi.mock("../src/lib/stream/openStream", async () => {
  const { FakeStream } = await import("./fakeBrowser");
  return {
    openStream: (tell: ConstructorParameters<typeof FakeStream>[0]) => new FakeStream(tell),
  };
});

import { supplyOf } from "../src/tag/supply";

it("all ways to write the address of a server are one supply", () => {
  const one = supplyOf("https://charts.example/live");
  expect(supplyOf("https://charts.example/live/")).toBe(one);
  expect(supplyOf("https://charts.example/live/?x#y")).toBe(one);
  expect(one.server.base).toBe("https://charts.example/live");
  expect(supplyOf("https://charts.example/")).not.toBe(one);
});

it("the server that the page itself came from has the stream of its own page", () => {
  expect(supplyOf("/").server.base).toBe("");
  expect(supplyOf(location.origin).server.base).toBe("");
  expect(supplyOf("/charts/").server.base).toBe("/charts");
  expect(supplyOf("/charts/")).not.toBe(supplyOf("/"));
});
