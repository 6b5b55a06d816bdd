/** The notice of a pane's state: a banner over its chart, a skeleton, or a message in the chart's place. */
import type { ReactNode } from "react";
import type { PanelState } from "../lib/page/panelState";
import { Banner } from "./Banner";
import { ChartMessage } from "./ChartMessage";
import { Skeleton } from "./Skeleton";

interface StateNoticeProps {
  state: PanelState;
  retry: (() => void) | undefined;
  /** Links to other charts. */
  ways: ReactNode;
}

export function StateNotice({ state, retry, ways }: StateNoticeProps) {
  switch (state.kind) {
    case "chart":
      return state.banner !== null && <Banner banner={state.banner} retry={retry} />;
    case "loading":
      return <Skeleton note={state.note} />;
    case "message": {
      const { about, title, detail } = state;
      return <ChartMessage kind={about} title={title} detail={detail} ways={ways} retry={retry} />;
    }
  }
}
