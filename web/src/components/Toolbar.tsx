/** The controls of the selected chart, built from the options that the server offers. */
import { useRef } from "react";
import { usePage } from "../hooks/usePage";
import {
  chartOffers,
  chooseChart,
  chooseExtended,
  chooseInterval,
  EXTENDED,
  hasExtended,
  pairOf,
} from "../lib/page/offers";
import { listOf } from "../lib/page/wrongs";
import { intervalLabel, optionLabel } from "../lib/text/labels";
import type { Views } from "../lib/wire/views";
import { DEFAULTS } from "../lib/wire/wire.gen";
import { AppearanceMenu } from "./AppearanceMenu";
import { Choice } from "./Choice";
import { CompareDialog } from "./CompareDialog";
import { Candles, Clock, Compare, Study } from "./Icons";
import { RangeButtons } from "./RangeButtons";
import { StudiesDialog } from "./StudiesDialog";

export function Toolbar({ views }: { views: Views | null }) {
  const { chart, changeChart, wrongs } = usePage();
  const studies = useRef<HTMLDialogElement>(null);
  const compare = useRef<HTMLDialogElement>(null);
  // Its place is kept, so that the chart does not move when the controls come.
  if (chart === null || views === null) return <div className="toolbar" />;

  const { interval } = pairOf(views, chart);
  const served = (value: string) => {
    const row = views.intervals.find((candidate) => candidate.interval === value);
    return (row?.served ?? row?.ranges ?? []).length > 0;
  };
  const intraday = hasExtended(views, interval);
  const isExtended = intraday && chart.session === EXTENDED;
  const compares = chart.compare.length > 0;
  return (
    <div className="toolbar" role="toolbar" aria-label={`Chart of ${chart.symbol}`}>
      <RangeButtons views={views} />
      <div className="toolbar__tools">
        <Choice
          label="Interval"
          icon={<Clock />}
          value={interval}
          values={views.intervals.map(({ interval: value }) => ({
            value,
            label: intervalLabel(value),
            disabled: !served(value),
          }))}
          onChange={(value) => changeChart(chooseInterval(views, chart, value))}
        />
        <Choice
          label="Chart type"
          icon={<Candles />}
          value={chart.chart ?? DEFAULTS.chart ?? ""}
          values={chartOffers(views).map(({ value }) => ({ value, label: optionLabel(value) }))}
          onChange={(value) => changeChart(chooseChart(value))}
        />
        <button
          type="button"
          className="tool tool--text"
          onClick={() => studies.current?.showModal()}
        >
          <Study />
          Studies
          {chart.studies.length > 0 && <span className="count">{chart.studies.length}</span>}
        </button>
        <button
          type="button"
          className="tool tool--text"
          onClick={() => compare.current?.showModal()}
        >
          <Compare />
          Compare
          {compares && <span className="count">{chart.compare.length}</span>}
        </button>
        {hasExtended(views) && (
          <button
            type="button"
            className="tool tool--text"
            aria-pressed={isExtended}
            title={
              intraday
                ? "Trading before and after the regular hours"
                : "Bars of a day and longer are of regular hours"
            }
            disabled={!intraday}
            onClick={() => changeChart(chooseExtended(!isExtended))}
          >
            Extended hours
          </button>
        )}
        <button
          type="button"
          className="tool tool--text"
          aria-pressed={chart.scale === "log"}
          title={compares ? "Percents have no logarithm" : "Logarithmic scale"}
          disabled={compares}
          onClick={() => changeChart({ scale: chart.scale === "log" ? "linear" : "log" })}
        >
          Log
        </button>
        <AppearanceMenu views={views} />
      </div>
      <StudiesDialog
        dialog={studies}
        views={views}
        studies={chart.studies}
        onApply={(next) => changeChart({ studies: next })}
      />
      <CompareDialog
        dialog={compare}
        views={views}
        chart={chart}
        leftOut={listOf(wrongs)}
        onChange={(next) => changeChart({ compare: next, scale: "linear" })}
      />
    </div>
  );
}
