/** The page's choices, read from the address, which is where every change of them goes. */
import {
  createContext,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import type { Stretch } from "../lib/bars/stretch";
import type { PaneSettings } from "../lib/chart/paneSettings";
import {
  type ChartChoice,
  defaultChart,
  type PageChoice,
  readAddress,
  withChart,
  writeAddress,
} from "../lib/page/pageChoice";
import { NOTHING_WRONG, type Wrongs, withSymbol } from "../lib/page/wrongs";
import { HERE } from "../lib/wire/server";

const NAVIGATED = "figcast:navigated";

export interface PageControl extends PageActions {
  page: PageChoice;
  /** Whose choices the controls show; of several charts the one last touched. */
  selected: number;
  select: (index: number) => void;
  /** The selected chart; null when the address holds no symbol. */
  chart: ChartChoice | null;
  /** The parts of the selected chart that the server refused; each chart reports its own. */
  wrongs: Wrongs;
  tellWrongs: (index: number, wrongs: Wrongs) => void;
}

interface PageActions {
  change: (change: Partial<PageChoice>) => void;
  /** Another choice of the selected chart. */
  changeChart: (change: Partial<ChartChoice>) => void;
  /** How a chart is drawn; palette and zone are the same for all. */
  changeSettings: (index: number, settings: Partial<LastingSettings>) => void;
  /** Another choice of any chart. */
  changeAt: (index: number, change: Partial<ChartChoice>) => void;
  /** The stretch of time that all charts are frozen at; null when they follow again. */
  freezeAt: (stretch: Stretch | null) => void;
  /** The same chart of another symbol. */
  go: (symbol: string) => void;
  /** Where that is. */
  addressOf: (symbol: string) => string;
}

/** A pause is over with the page. */
export type LastingSettings = Omit<PaneSettings, "paused">;

export const PageContext = createContext<PageControl | null>(null);

export function usePage(): PageControl {
  const control = use(PageContext);
  if (control === null) throw new Error("usePage needs a PageContext above it");
  return control;
}

function subscribe(onChange: () => void): () => void {
  addEventListener("popstate", onChange);
  addEventListener(NAVIGATED, onChange);
  return () => {
    removeEventListener("popstate", onChange);
    removeEventListener(NAVIGATED, onChange);
  };
}

const address = () => location.pathname + location.search;

/** A step in the history, which Back undoes; replacing, a correction that it does not. */
export function navigate(to: string, { replace = false } = {}): void {
  if (to === address()) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  dispatchEvent(new Event(NAVIGATED));
}

export function usePageControl(): PageControl {
  const current = useSyncExternalStore(subscribe, address);
  const page = useMemo(() => {
    const { pathname, search } = new URL(current, location.origin);
    return readAddress(pathname, search);
  }, [current]);

  // One address per page: /chart/aapl becomes /chart/AAPL without a step in the history.
  useEffect(() => {
    const isFirst = current === `${HERE.base}/`;
    if (page.problem === null && !isFirst) navigate(writeAddress(page), { replace: true });
  }, [current, page]);

  const [touched, select] = useState(0);
  const selected = Math.min(touched, Math.max(0, page.charts.length - 1));
  const [told, setTold] = useState<Readonly<Record<number, Wrongs>>>({});
  const tellWrongs = useCallback(
    (index: number, wrongs: Wrongs) => setTold((before) => ({ ...before, [index]: wrongs })),
    [],
  );
  const wrongs = told[selected] ?? NOTHING_WRONG;

  return useMemo(
    () => ({
      page,
      selected,
      select,
      chart: page.charts[selected] ?? null,
      wrongs,
      tellWrongs,
      ...actionsOn(page, selected, wrongs),
    }),
    [page, selected, wrongs, tellWrongs],
  );
}

/** The choices of a page; each is a step to another address. */
function actionsOn(page: PageChoice, selected: number, wrongs: Wrongs): PageActions {
  const chart = page.charts[selected];
  const changeAt: PageActions["changeAt"] = (index, change) =>
    navigate(writeAddress(withChart(page, index, change)));
  const addressOf: PageActions["addressOf"] = (symbol) => {
    if (chart === undefined) return writeAddress({ ...page, charts: [defaultChart(symbol)] });
    return writeAddress(withChart(page, selected, withSymbol(chart, symbol, wrongs)));
  };
  return {
    change: (change) => navigate(writeAddress({ ...page, ...change })),
    changeChart: (change) => changeAt(selected, change),
    changeSettings: (index, { palette, zone, ...own }) => {
      const shared = { palette: palette ?? page.palette, zone: zone ?? page.zone };
      navigate(writeAddress({ ...withChart(page, index, own), ...shared }));
    },
    changeAt,
    freezeAt: (stretch) => {
      // To freeze and to follow again are steps; to move from one place to the next is none. A chart in
      // the frame of another site leaves the history of that site alone.
      const isStep = (stretch === null) !== (page.stretch === null) && !page.embed;
      navigate(writeAddress({ ...page, stretch }), { replace: !isStep });
    },
    go: (symbol) => navigate(addressOf(symbol)),
    addressOf,
  };
}
