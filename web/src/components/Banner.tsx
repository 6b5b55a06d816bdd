/** A line over a chart that names a trouble, and the time of the next try. */
import { useNow } from "../hooks/useNow";
import type { Trouble } from "../lib/page/panelState";
import { formatSpan } from "../lib/text/session";
import { Glyph } from "./Icons";

const BEAT_MS = 1_000;

interface BannerProps {
  banner: Trouble;
  retry: (() => void) | undefined;
}

export function Banner({ banner, retry }: BannerProps) {
  const now = useNow(BEAT_MS);
  const { tone, text, nextTry, passing = false } = banner;
  return (
    <p className={`banner chip--${tone}`} data-testid="banner" data-passing={passing}>
      <Glyph tone={tone} />
      <span>
        {text}
        {nextTry !== null && (
          <span className="banner__next">
            {nextTry > now ? ` Next try in ${formatSpan(nextTry - now)}.` : " Trying again now."}
          </span>
        )}
      </span>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </p>
  );
}
