/** The page: header on top, then the chart the address asks for. */
import { useEffect } from "react";
import { useSymbolRoute } from "../hooks/useSymbolRoute";
import { useTheme } from "../hooks/useTheme";
import { ChartMessage } from "./ChartMessage";
import { ChartPage, SomeSymbols } from "./ChartPage";
import { Header } from "./Header";

export function App() {
  const { route, go } = useSymbolRoute();
  const { choice, choose, theme } = useTheme();

  // A chart titles its own page; without one, the last chart's title must not stay.
  useEffect(() => {
    if (!route.ok) document.title = "figcast";
  }, [route]);

  return (
    <>
      <Header
        symbol={route.ok ? route.symbol : null}
        go={go}
        themeChoice={choice}
        chooseTheme={choose}
      />
      <main className="page">
        {route.ok ? (
          <ChartPage symbol={route.symbol} theme={theme} go={go} />
        ) : (
          <ChartMessage
            kind="bad-symbol"
            title="Not a symbol"
            detail={route.message}
            ways={<SomeSymbols go={go} />}
          />
        )}
      </main>
    </>
  );
}
