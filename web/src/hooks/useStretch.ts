/**
 * Keeps the stretch of time that the charts are frozen at in the address, so that a link, a reload and
 * Back show it again. Following the newest bars needs no word there.
 */
import { useEffect, useRef } from "react";
import type { Stretch } from "../lib/bars/stretch";
import { isSameStretch, toTheSecond } from "../lib/page/addressStretch";
import type { PaneLink } from "../lib/page/paneLink";

/** A wheel and a drag are many moves; the address takes the one that they end with. */
export const WRITE_DELAY_MS = 400;

export interface StretchOptions {
  link: PaneLink;
  /** What the address says. */
  stretch: Stretch | null;
  /** Names what the charts show: a move of former bars is none of these. */
  views: string;
  write: (stretch: Stretch | null) => void;
}

export function useStretch({ link, stretch, views, write }: StretchOptions): void {
  /** What the charts show, as far as it goes into the address. */
  const shown = useRef<Stretch | null>(null);
  const say = useRef<ReturnType<PaneLink["join"]>["say"] | null>(null);
  const due = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef({ views, write });
  latest.current = { views, write };

  useEffect(() => {
    const joined = link.join((message) => {
      if (message.kind === "cursor") return;
      const isFrozen = message.kind === "range" && message.frozen;
      shown.current = isFrozen ? toTheSecond(message) : null;
      const moved = latest.current.views;
      clearTimeout(due.current);
      due.current = setTimeout(() => {
        const { views, write } = latest.current;
        if (views === moved) write(shown.current);
        else shown.current = null;
      }, WRITE_DELAY_MS);
    });
    say.current = joined.say;
    return () => {
      clearTimeout(due.current);
      joined.leave();
    };
  }, [link]);

  // The address has changed by itself: it is new, or Back has been pressed.
  useEffect(() => {
    if (isSameStretch(stretch, shown.current)) return;
    clearTimeout(due.current);
    shown.current = stretch;
    say.current?.(
      stretch === null ? { kind: "live" } : { kind: "range", ...stretch, frozen: true },
    );
  }, [stretch]);
}
