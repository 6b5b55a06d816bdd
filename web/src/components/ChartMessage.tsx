/** A sentence where the chart would be, and a way on from there. */
import type { ReactNode } from "react";
import type { MessageKind } from "../lib/page/panelState";

interface ChartMessageProps {
  kind: MessageKind;
  title: string;
  detail: string;
  /** Links to other charts. */
  ways?: ReactNode;
  retry?: (() => void) | undefined;
}

/** With these, another symbol is the way on; with the others, patience is. */
const OFFERS_WAYS: readonly MessageKind[] = ["bad-symbol", "not-found"];

export function ChartMessage({ kind, title, detail, ways, retry }: ChartMessageProps) {
  return (
    <div className="message" data-testid="message" data-kind={kind} role="alert">
      <svg className="message__art" viewBox="0 0 120 60" aria-hidden="true" focusable="false">
        <path d="M4 46 22 34l12 8 16-24 10 8" />
        <path className="message__gap" d="M60 26 74 40l14-6 12-20 16 8" />
      </svg>
      <h2>{title}</h2>
      <p>{detail}</p>
      {OFFERS_WAYS.includes(kind) && <div className="message__ways">{ways}</div>}
      {retry && (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
