-- A series is of a part of the trading day, and has what its source says of it besides its bars. SQLite does not
-- change the key of a table, so a table with the new key takes its place.
CREATE TABLE series_of_session (
  id INTEGER PRIMARY KEY,
  symbol INTEGER NOT NULL REFERENCES symbol (id) ON DELETE CASCADE,
  -- As in the address of a chart: 1m, 1d.
  interval TEXT NOT NULL,
  -- As in the address of a chart: regular, extended.
  session TEXT NOT NULL,
  -- How many bars and remembered ticks there are, so that nobody counts them.
  bars INTEGER NOT NULL DEFAULT 0,
  ticks INTEGER NOT NULL DEFAULT 0,
  -- Up to this nanosecond of the epoch ticks are forgotten.
  forgotten INTEGER,
  -- What is known of it besides its bars: a form of a source's answer without bars.
  about BLOB,
  -- From this second of the epoch on no bar is missing that the source had; none of what is pushed.
  unbroken INTEGER,
  UNIQUE (symbol, interval, session)
) STRICT;
INSERT INTO series_of_session (id, symbol, interval, session, bars, ticks, forgotten)
  SELECT id, symbol, interval, 'regular', bars, ticks, forgotten FROM series;
DROP TABLE series;
ALTER TABLE series_of_session RENAME TO series;
-- The second of the newest share split that the source has told: no bar from before it is kept at older prices.
ALTER TABLE symbol ADD COLUMN split INTEGER;
