/** The ghost of a chart, of the chart's size, until the first figure is drawn. */
export function Skeleton({ note }: { note: string | null }) {
  return (
    <div className="skeleton" data-testid="skeleton">
      <svg viewBox="0 0 800 300" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <path className="skeleton__grid" d="M0 60h800M0 120h800M0 180h800M0 240h800" />
        <path
          className="skeleton__fill"
          d="M0 220 60 200 120 214 190 150 250 168 320 120 390 140 450 96 520 130 590 84 660 104 730 60 800 76V300H0z"
        />
        <path
          className="skeleton__line"
          d="M0 220 60 200 120 214 190 150 250 168 320 120 390 140 450 96 520 130 590 84 660 104 730 60 800 76"
        />
      </svg>
      <p>{note ?? "Loading the chart…"}</p>
    </div>
  );
}
