/** The page: header and controls on top, then the charts that the address asks for. */
import { useEffect } from "react";
import { useColors, useServedGround } from "../hooks/useColors";
import { useHost } from "../hooks/useHost";
import { PageContext, usePageControl } from "../hooks/usePage";
import { useStored } from "../hooks/useStored";
import { useTheme } from "../hooks/useTheme";
import { useViews } from "../hooks/useViews";
import { ChartGrid } from "./ChartGrid";
import { ChartMessage } from "./ChartMessage";
import { Header } from "./Header";
import { SomeSymbols } from "./SomeSymbols";
import { Toolbar } from "./Toolbar";
import { Watchlist } from "./Watchlist";

export function App() {
  const control = usePageControl();
  const { page, chart, change, wrongs } = control;
  const { choice, choose, theme } = useTheme(page.theme, change);
  const colors = useColors(theme);
  useServedGround(document.documentElement, colors);
  // A frame has no controls.
  const symbol = page.embed ? null : (chart?.symbol ?? null);
  const { views, refusal } = useViews(symbol, page.colors, wrongs.ended !== "token");
  useHost(page.embed);
  const [listed, setListed] = useStored("figcast.watchlist", true);

  // A chart titles its own page; without one, the last chart's title must not stay.
  useEffect(() => {
    if (page.problem !== null) document.title = "figcast";
  }, [page.problem]);

  const charts =
    refusal !== undefined ? (
      <ChartMessage kind="failed" title="No such colours" detail={refusal} />
    ) : page.problem === null ? (
      <ChartGrid colors={colors} />
    ) : (
      <ChartMessage
        kind="bad-symbol"
        title="Not a symbol"
        detail={page.problem}
        ways={<SomeSymbols />}
      />
    );
  return (
    <PageContext value={control}>
      {page.embed ? (
        <main className="page" data-embed="">
          {charts}
        </main>
      ) : (
        <>
          <Header theme={choice} chooseTheme={choose} listed={listed} setListed={setListed} />
          <Toolbar views={views} />
          <div className="page">
            <main className="page__main">{charts}</main>
            {listed && <Watchlist />}
          </div>
        </>
      )}
    </PageContext>
  );
}
