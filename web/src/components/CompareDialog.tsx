/** Other symbols in the same chart, all in percent. Each change is applied at once. */
import type { RefObject } from "react";
import { mostOf } from "../lib/page/offers";
import type { ChartChoice } from "../lib/page/pageChoice";
import type { Views } from "../lib/wire/views";
import { IconButton } from "./IconButton";
import { Close } from "./Icons";
import { Modal } from "./Modal";
import { SymbolCombobox } from "./SymbolCombobox";

interface CompareDialogProps {
  dialog: RefObject<HTMLDialogElement | null>;
  views: Views;
  chart: ChartChoice;
  /** Of the compared symbols, those that cannot be had. */
  leftOut: readonly string[];
  onChange: (compare: readonly string[]) => void;
}

export function CompareDialog({ dialog, views, chart, leftOut, onChange }: CompareDialogProps) {
  const { symbol, compare } = chart;
  const most = mostOf(views, "compare");
  const add = (other: string) => {
    if (other !== symbol && !compare.includes(other)) onChange([...compare, other].toSorted());
  };
  return (
    <Modal dialog={dialog} title={`Compare ${symbol} with`}>
      {compare.length < most ? (
        <SymbolCombobox label="Symbol to compare with" placeholder="Name or ticker" onPick={add} />
      ) : (
        <p className="modal__empty">No more than {most} go beside a chart.</p>
      )}
      <ul className="studies" aria-label="Compared symbols">
        {compare.map((other) => (
          <li key={other} className="study">
            <strong>{other}</strong>
            <span>{leftOut.includes(other) && "is left out: it cannot be had"}</span>
            <IconButton
              label={`Remove ${other}`}
              onClick={() => onChange(compare.filter((one) => one !== other))}
            >
              <Close />
            </IconButton>
          </li>
        ))}
      </ul>
      <p className="modal__empty">
        Prices become percent from the first bar that all of them share.
      </p>
    </Modal>
  );
}
