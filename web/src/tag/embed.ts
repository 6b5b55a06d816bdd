/** The start of `embed.js`: the tag is defined. */
import { FigcastChart } from "./figcastChart";

const NAME = "figcast-chart";

// A page may have the script twice.
if (customElements.get(NAME) === undefined) customElements.define(NAME, FigcastChart);
