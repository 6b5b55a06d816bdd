/** The element as a component of React. */
import { type CSSProperties, createElement, type ReactElement, useEffect, useRef } from "react";
import {
  type ChartAttributes,
  type FigcastChartElement,
  type GetToken,
  loadElement,
  type TagEvents,
} from "./element";

export interface FigcastChartProps extends ChartAttributes {
  server: string;
  className?: string;
  style?: CSSProperties;
  getToken?: GetToken;
  onQuote?: (quote: TagEvents["figcast:quote"]) => void;
  onStatus?: (status: TagEvents["figcast:status"]) => void;
  onError?: (error: TagEvents["figcast:error"]) => void;
}

export function FigcastChart(props: FigcastChartProps): ReactElement {
  const { className, getToken, onQuote, onStatus, onError, ...attributes } = props;
  const { server } = attributes;
  const element = useRef<FigcastChartElement>(null);
  // The newest of each, so that another function is no other chart.
  const newest = useRef({ getToken, onQuote, onStatus, onError });
  newest.current = { getToken, onQuote, onStatus, onError };

  useEffect(() => {
    loadElement(server).catch(({ message }: Error) =>
      newest.current.onError?.({ symbol: null, message }),
    );
  }, [server]);

  const asks = getToken !== undefined;
  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    if (asks) current.getToken = () => newest.current.getToken?.() ?? "";
    const told = new AbortController();
    const { signal } = told;
    current.addEventListener("figcast:quote", (event) => newest.current.onQuote?.(event.detail), {
      signal,
    });
    current.addEventListener("figcast:status", (event) => newest.current.onStatus?.(event.detail), {
      signal,
    });
    current.addEventListener("figcast:error", (event) => newest.current.onError?.(event.detail), {
      signal,
    });
    return () => told.abort();
  }, [asks]);

  // React 18 passes `className` on to an element of one's own as it is.
  return createElement("figcast-chart", { ...attributes, class: className, ref: element });
}
