/** The favourites with their day and price, live, each a click away from the chart. */
import { usePage } from "../hooks/usePage";
import { useShelf } from "../hooks/useShelf";
import { WatchRow } from "./WatchRow";

export function Watchlist() {
  const { chart } = usePage();
  const { favourites } = useShelf();
  return (
    <aside className="watchlist" aria-label="Watchlist">
      <h2>Watchlist</h2>
      {favourites.length === 0 ? (
        <p className="watchlist__empty">The star beside a symbol puts it here.</p>
      ) : (
        <ul>
          {favourites.map((symbol) => (
            <WatchRow key={symbol} symbol={symbol} current={symbol === chart?.symbol} />
          ))}
        </ul>
      )}
    </aside>
  );
}
