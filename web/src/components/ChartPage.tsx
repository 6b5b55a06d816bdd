/** One symbol, live: quote, status and chart, all fed by one stream. */
import { useEffect } from "react";
import { useStream } from "../hooks/useStream";
import { documentTitle } from "../lib/summary";
import type { ThemeName } from "../lib/types";
import { ChartPanel } from "./ChartPanel";
import { QuoteLine } from "./QuoteLine";
import { StatusChips } from "./StatusChips";

interface Props {
  symbol: string;
  theme: ThemeName;
  go: (symbol: string) => void;
}

export function ChartPage({ symbol, theme, go }: Props) {
  const { view, retry } = useStream(symbol, theme);
  const meta = view.figure?.layout.meta ?? null;
  const title = documentTitle(symbol, meta);

  useEffect(() => {
    document.title = title;
  }, [title]);

  return (
    <>
      <div className="topline">
        <QuoteLine symbol={symbol} meta={meta} settled={view.connection === "ended"} />
        <StatusChips view={view} />
      </div>
      <ChartPanel view={view} theme={theme} go={go} retry={retry} />
    </>
  );
}
