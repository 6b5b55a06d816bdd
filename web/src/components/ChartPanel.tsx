/** The chart, and what stands in its place or over it when there is trouble. */
import { usePlotly } from "../hooks/usePlotly";
import { panelState } from "../lib/panelState";
import type { StreamView } from "../lib/streamView";
import { chartSummary } from "../lib/summary";
import type { ThemeName } from "../lib/types";
import { ChartMessage } from "./ChartMessage";
import { Glyph } from "./Icons";
import { Skeleton } from "./Skeleton";

interface Props {
  view: StreamView;
  theme: ThemeName;
  retry: () => void;
}

export function ChartPanel({ view, theme, retry }: Props) {
  const { figure, symbol } = view;
  const { host, drawn, failure } = usePlotly(figure, symbol, theme);
  const state = panelState(view, drawn === symbol, failure);
  const meta = figure?.layout.meta ?? null;
  return (
    <section className="chart" aria-label="Chart" data-testid="panel" data-state={state.kind}>
      <figure
        className="chart__figure"
        aria-label={chartSummary(symbol, meta, new Date())}
        aria-hidden={state.kind !== "chart"}
        data-dimmed={state.kind === "chart" && state.dimmed}
      >
        <div ref={host} className="chart__plot" data-testid="chart" />
      </figure>
      {state.kind === "chart" && state.banner !== null && (
        <p className={`banner chip--${state.banner.tone}`} data-testid="banner">
          <Glyph tone={state.banner.tone} />
          <span>{state.banner.text}</span>
          {view.connection === "ended" && (
            <button type="button" onClick={retry}>
              Try again
            </button>
          )}
        </p>
      )}
      {state.kind === "loading" && <Skeleton note={state.note} />}
      {state.kind === "message" && (
        <ChartMessage
          kind={state.about}
          title={state.title}
          detail={state.detail}
          retry={view.connection === "ended" ? retry : undefined}
        />
      )}
    </section>
  );
}
