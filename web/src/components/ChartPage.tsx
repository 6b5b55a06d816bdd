/** One symbol, live: quote, status and chart, all fed by one stream. */
import { useEffect, useState } from "react";
import { useStream } from "../hooks/useStream";
import { DEFAULT_SETTINGS, type PaneSettings } from "../lib/paneSettings";
import { documentTitle } from "../lib/summary";
import { QUICK_SYMBOLS } from "../lib/symbol";
import type { ThemeName } from "../lib/types";
import { ChartPane } from "./ChartPane";
import { SymbolLink } from "./SymbolLink";

interface Props {
  symbol: string;
  theme: ThemeName;
  go: (symbol: string) => void;
}

export function ChartPage({ symbol, theme, go }: Props) {
  const { view, retry } = useStream(symbol);
  const [settings, setSettings] = useState<PaneSettings>(DEFAULT_SETTINGS);
  const title = documentTitle(symbol, view.figure?.layout.meta ?? null);

  useEffect(() => {
    document.title = title;
  }, [title]);

  return (
    <ChartPane
      view={view}
      settings={settings}
      theme={theme}
      onSettings={(change) => setSettings((before) => ({ ...before, ...change }))}
      onRetry={retry}
      ways={<SomeSymbols go={go} />}
    />
  );
}

export function SomeSymbols({ go }: { go: (symbol: string) => void }) {
  return QUICK_SYMBOLS.slice(0, 3).map((symbol) => (
    <SymbolLink key={symbol} symbol={symbol} go={go} className="quick__link" />
  ));
}
