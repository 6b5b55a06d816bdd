/** Freshness, data and market as three chips, and one polite sentence when a state changes. */
import { useNow } from "../hooks/useNow";
import type { Pace } from "../lib/chart/drawGate";
import type { StreamView } from "../lib/stream/streamView";
import {
  barsChip,
  type Chip,
  connectionChip,
  dataChip,
  drawingChip,
  sessionChip,
} from "../lib/text/statusText";
import { Glyph } from "./Icons";

const AGE_BEAT_MS = 1_000;

interface StatusChipsProps {
  view: StreamView;
  paused: boolean;
  pace: Pace | null;
}

export function StatusChips({ view, paused, pace }: StatusChipsProps) {
  const now = useNow(AGE_BEAT_MS);
  const chips: [string, Chip | null][] = [
    ["connection", connectionChip(view, now)],
    ["data", dataChip(view, now)],
    ["session", sessionChip(view, now)],
    ["bars", barsChip(view)],
    ["drawing", drawingChip(paused, pace)],
  ];
  const shown = chips.filter((entry): entry is [string, Chip] => entry[1] !== null);
  return (
    <>
      <ul className="chips" aria-label="Status">
        {shown.map(([name, { state, tone, label }]) => (
          <li
            key={name}
            className={`chip chip--${tone}`}
            title={label}
            data-testid={name}
            data-state={state}
          >
            <Glyph tone={tone} />
            <span className="chip__label">{label}</span>
          </li>
        ))}
      </ul>
      <p className="sr-only" role="status" data-testid="announcement">
        {shown
          .map(([, { spoken }]) => spoken)
          .filter((words) => words !== "")
          .join(". ")}
      </p>
    </>
  );
}
