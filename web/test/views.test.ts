import { expect, it, vi } from "vitest";
import { HERE } from "../src/lib/wire/server";
import { fetchViews, ofSymbol, rangesOf, type Views } from "../src/lib/wire/views";
import { COLORS } from "../src/lib/wire/wire.gen";

const views: Views = {
  symbol: "AAPL",
  source: "sim",
  defaultKey: "interval=1m;range=1d",
  usual: { interval: "1m", range: "1d" },
  options: [],
  colors: COLORS,
  studies: [],
  intervals: [
    {
      interval: "15m",
      usualRange: "1mo",
      ranges: ["1d", "5d", "6mo"],
      served: ["1d", "5d"],
      sessions: ["regular", "extended"],
    },
    { interval: "1d", usualRange: "1y", ranges: ["5d", "max"], sessions: ["regular"] },
  ],
  ranges: [],
  maxBars: 20_000,
  formats: [],
};

const answering = (body: BodyInit, status = 200) =>
  vi.fn<typeof fetch>(async () => new Response(body, { status }));

it("asks for the views of a symbol, escaped", async () => {
  const fetch = answering(JSON.stringify(views));
  expect(await fetchViews(HERE, ofSymbol("M&M.NS"), { fetch })).toEqual(views);
  expect(fetch.mock.calls[0]?.[0]).toBe("/views?symbol=M%26M.NS");
});

it("rejects with the server's sentence and its status", async () => {
  const fetch = answering(JSON.stringify({ detail: "a symbol is missing" }), 400);
  await expect(fetchViews(HERE, ofSymbol(""), { fetch })).rejects.toMatchObject({
    message: "a symbol is missing",
    cause: 400,
  });
});

it("offers the ranges that the source has, and those there can be where it does not say", () => {
  expect(rangesOf(views, "15m")).toEqual(["1d", "5d"]);
  expect(rangesOf(views, "1d")).toEqual(["5d", "max"]);
  expect(rangesOf(views, "7m")).toEqual([]);
});
