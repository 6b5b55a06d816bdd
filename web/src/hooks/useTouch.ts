/**
 * Fingers on the chart. The page keeps scrolling up and down under one finger (`touch-action` says
 * so); across, one finger pans, two pinch, and a tap puts the cursor.
 */
import { type PointerEvent, useRef } from "react";
import { pinched, type Stretch } from "../lib/bars/stretch";
import type { Scene } from "../lib/chart/scene";

interface Finger {
  x: number;
  startX: number;
}

interface Gesture {
  fingers: Map<number, Finger>;
  start: Stretch;
  moved: boolean;
}

const TAP_SLACK_PX = 6;

export interface TouchOptions {
  scene: Scene | null;
  move: (from: number, to: number) => void;
  tap: (x: number, y: number) => void;
}

export function useTouch({ scene, move, tap }: TouchOptions) {
  const gesture = useRef<Gesture | null>(null);

  const begin = (fingers: Map<number, Finger>, moved: boolean) => {
    if (scene === null) return;
    // Each finger begins anew where it is, so that a second one does not make the chart jump.
    for (const finger of fingers.values()) finger.startX = finger.x;
    const start = { from: scene.from, to: scene.to };
    gesture.current = { fingers, start, moved };
  };

  const end = (event: PointerEvent<HTMLElement>, isTap: boolean) => {
    const held = gesture.current;
    if (held === null || !held.fingers.delete(event.pointerId)) return;
    if (held.fingers.size > 0) return begin(held.fingers, true);
    gesture.current = null;
    if (isTap && !held.moved) {
      const box = event.currentTarget.getBoundingClientRect();
      tap(event.clientX - box.left, event.clientY - box.top);
    }
  };

  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.pointerType !== "touch") return;
      const fingers = gesture.current?.fingers ?? new Map<number, Finger>();
      fingers.set(event.pointerId, { x: event.clientX, startX: event.clientX });
      begin(fingers, fingers.size > 1);
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const held = gesture.current;
      const finger = held?.fingers.get(event.pointerId);
      if (held === null || finger === undefined || scene === null) return;
      finger.x = event.clientX;
      if (!held.moved && Math.abs(finger.x - finger.startX) < TAP_SLACK_PX) return;
      held.moved = true;
      const left = event.currentTarget.getBoundingClientRect().left + scene.whole.left;
      const places = [...held.fingers.values()].map(
        ({ startX, x }) => [startX - left, x - left] as const,
      );
      const { from, to } = pinched(held.start, scene.whole.width, places);
      move(from, to);
    },
    onPointerUp: (event: PointerEvent<HTMLElement>) => end(event, true),
    // The browser took the finger to scroll the page.
    onPointerCancel: (event: PointerEvent<HTMLElement>) => end(event, false),
  };
}
