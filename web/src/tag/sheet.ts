/** The rules of a tag, parsed once for all tags of a page. A sheet that a script makes is within any policy. */
import base from "../styles/base.css?inline";
import chart from "../styles/chart.css?inline";
import embed from "../styles/embed.css?inline";
import fold from "../styles/fold.css?inline";
import forced from "../styles/forced.css?inline";
import notice from "../styles/notice.css?inline";
import overlay from "../styles/overlay.css?inline";
import plotly from "../styles/plotly.css?inline";
import quote from "../styles/quote.css?inline";
import tag from "../styles/tag.css?inline";
import tokens from "../styles/tokens.css?inline";

/** In the page's order. */
const RULES = [tokens, base, quote, chart, overlay, notice, fold, embed, forced, plotly, tag];

let made: CSSStyleSheet | null = null;

export function tagSheet(): CSSStyleSheet {
  if (made !== null) return made;
  made = new CSSStyleSheet();
  made.replaceSync(RULES.join("\n"));
  return made;
}
