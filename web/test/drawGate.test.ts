import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  DRAW_INTERVAL_MS,
  DrawGate,
  LONGEST_HOLD_MS,
  LONGEST_INTERVAL_MS,
  SETTLE_MS,
} from "../src/lib/chart/drawGate";

const FRAME_MS = 16;

function gate(drawMs = 0) {
  const drawn: number[] = [];
  let awake = true;
  const subject = new DrawGate<number>({
    draw: (figure) => {
      drawn.push(figure);
      vi.setSystemTime(Date.now() + drawMs);
    },
    canDraw: () => awake,
    requestFrame: (callback) => setTimeout(callback, FRAME_MS) as unknown as number,
    cancelFrame: (handle) => clearTimeout(handle),
    now: () => Date.now(),
  });
  const sleep = () => {
    awake = false;
  };
  const wake = () => {
    awake = true;
    subject.wake();
  };
  return { subject, drawn, sleep, wake };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("draws the first figure on the next frame", () => {
  const { subject, drawn } = gate();
  subject.offer(1);
  expect(drawn).toEqual([]);
  vi.advanceTimersByTime(FRAME_MS);
  expect(drawn).toEqual([1]);
});

it("draws only the newest of the figures that came before the frame", () => {
  const { subject, drawn } = gate();
  for (const figure of [1, 2, 3]) subject.offer(figure);
  vi.advanceTimersByTime(FRAME_MS);
  expect(drawn).toEqual([3]);
});

it("draws at most twice a second and ends with the newest, however many come", () => {
  const { subject, drawn } = gate();
  for (let figure = 0; figure < 200; figure += 1) {
    subject.offer(figure);
    vi.advanceTimersByTime(50);
  }
  vi.advanceTimersByTime(DRAW_INTERVAL_MS + FRAME_MS);
  expect(drawn.length).toBeLessThanOrEqual(21);
  expect(drawn.at(-1)).toBe(199);
});

it("draws nothing while a gesture is under way and the newest after it has settled", () => {
  const { subject, drawn } = gate();
  subject.hold();
  subject.offer(1);
  vi.advanceTimersByTime(1_000);
  subject.offer(2);
  subject.release();
  vi.advanceTimersByTime(SETTLE_MS - 1);
  expect(drawn).toEqual([]);
  vi.advanceTimersByTime(1 + FRAME_MS);
  expect(drawn).toEqual([2]);
});

it("takes back a frame already asked for when a gesture begins", () => {
  const { subject, drawn } = gate();
  subject.offer(1);
  subject.hold();
  vi.advanceTimersByTime(FRAME_MS);
  expect(drawn).toEqual([]);
});

it("lets go of a gesture whose end was never reported", () => {
  const { subject, drawn } = gate();
  subject.hold();
  subject.offer(1);
  vi.advanceTimersByTime(LONGEST_HOLD_MS + FRAME_MS);
  expect(drawn).toEqual([1]);
});

it("draws nothing in a hidden tab and once on return", () => {
  const { subject, drawn, sleep, wake } = gate();
  sleep();
  for (let figure = 0; figure < 600; figure += 1) {
    subject.offer(figure);
    vi.advanceTimersByTime(1_000);
  }
  expect(drawn).toEqual([]);
  wake();
  vi.advanceTimersByTime(10 * DRAW_INTERVAL_MS);
  expect(drawn).toEqual([599]);
});

it("does not draw a frame that comes after the tab was hidden", () => {
  const { subject, drawn, sleep, wake } = gate();
  subject.offer(1);
  sleep();
  vi.advanceTimersByTime(FRAME_MS);
  expect(drawn).toEqual([]);
  wake();
  vi.advanceTimersByTime(FRAME_MS);
  expect(drawn).toEqual([1]);
});

it("draws nothing after it was disposed of", () => {
  const { subject, drawn } = gate();
  subject.offer(1);
  subject.dispose();
  vi.advanceTimersByTime(10 * DRAW_INTERVAL_MS);
  expect(drawn).toEqual([]);
});

it("draws less often where a draw takes long, and never less than every second and a half", () => {
  const draw = (subject: DrawGate<number>, figure: number) => {
    subject.hurry(figure);
    vi.advanceTimersByTime(FRAME_MS);
  };
  const quick = gate(20).subject;
  const slow = gate(300).subject;
  const hopeless = gate(2_000).subject;
  for (const subject of [quick, slow, hopeless]) {
    draw(subject, 1);
    expect(subject.interval, "the first draw says nothing").toBe(DRAW_INTERVAL_MS);
    draw(subject, 2);
  }
  expect(quick.interval).toBe(DRAW_INTERVAL_MS);
  expect(slow.interval).toBe(1_200);
  expect(hopeless.interval).toBe(LONGEST_INTERVAL_MS);
});

it("draws at once what the reader asked for, also while it would rest", () => {
  const { subject, drawn } = gate();
  subject.offer(1);
  vi.advanceTimersByTime(FRAME_MS);
  subject.release();
  subject.hurry(2);
  vi.advanceTimersByTime(FRAME_MS);
  expect(drawn).toEqual([1, 2]);
});
