/** The views of the page: its charts and prices share one stream. */
import { openStream } from "../stream/openStream";
import { ViewStore } from "../stream/viewStore";

export const pageStore = new ViewStore(openStream);
