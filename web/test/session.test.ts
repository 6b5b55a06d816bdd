import { expect, it } from "vitest";
import { countdown, formatSpan, sessionOf, sessionWords } from "../src/lib/text/session";

const NOW = Date.parse("2026-08-31T20:00:00Z");

it("understands what the server tells, and that nobody has said", () => {
  expect(sessionOf(null)).toBeNull();
  const until = Date.parse("2026-09-01T13:30:00Z");
  const told = { state: "closed", until: "2026-09-01T09:30:00-04:00", next: "open" } as const;
  expect(sessionOf(told)).toEqual({ state: "closed", until, next: "open" });
});

it("counts down to what comes next", () => {
  const closed = sessionOf({ state: "closed", until: "2026-09-01T13:30:00Z", next: "open" });
  expect(closed && countdown(closed, NOW)).toBe("opens in 17 h 30 min");
  const open = sessionOf({ state: "open", until: "2026-08-31T20:00:42Z", next: null });
  expect(open && countdown(open, NOW)).toBe("closes in 42 s");
});

it("says nothing of a moment that is not known or over", () => {
  expect(countdown({ state: "open", until: null, next: null }, NOW)).toBeNull();
  expect(countdown({ state: "open", until: NOW - 1, next: null }, NOW)).toBeNull();
});

it("has words also for a state it does not know", () => {
  expect(sessionWords({ state: "closing_auction", until: null, next: null })).toEqual([
    "idle",
    "Market closing auction",
  ]);
});

it.for([
  [999, "1 s"],
  [59_999, "60 s"],
  [60_000, "1 min"],
  [3_600_000, "1 h"],
  [51_000_000, "14 h 10 min"],
  [190_000_000, "2 d 4 h"],
] as const)("writes %i ms as %s", ([milliseconds, text]) => {
  expect(formatSpan(milliseconds)).toBe(text);
});
