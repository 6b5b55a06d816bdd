-- A symbol of a source, and what is known of it besides its bars.
CREATE TABLE symbol (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  -- JSON, as the source writes and reads it.
  about TEXT,
  -- When it was last written to, in milliseconds of the epoch.
  written INTEGER NOT NULL,
  UNIQUE (source, name)
) STRICT;

-- Its bars of one length.
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  symbol INTEGER NOT NULL REFERENCES symbol (id) ON DELETE CASCADE,
  -- As in the address of a chart: 1m, 1d.
  interval TEXT NOT NULL,
  -- How many bars and remembered ticks there are, so that nobody counts them.
  bars INTEGER NOT NULL DEFAULT 0,
  ticks INTEGER NOT NULL DEFAULT 0,
  -- Up to this nanosecond of the epoch ticks are forgotten.
  forgotten INTEGER,
  UNIQUE (symbol, interval)
) STRICT;

CREATE TABLE bar (
  series INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
  -- Its start, in seconds of the epoch.
  time INTEGER NOT NULL,
  open REAL NOT NULL,
  high REAL NOT NULL,
  low REAL NOT NULL,
  close REAL NOT NULL,
  volume REAL NOT NULL,
  -- Whether its sender has said that it is over.
  final INTEGER NOT NULL,
  -- When the ticks were traded that its open and its close are, in nanoseconds of the epoch; none of a bar
  -- that was written whole.
  opened INTEGER,
  closed INTEGER,
  PRIMARY KEY (series, time)
) STRICT, WITHOUT ROWID;

-- Ticks that are in a bar, so that none is counted twice.
CREATE TABLE tick (
  series INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
  identity BLOB NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (series, identity)
) STRICT, WITHOUT ROWID;
CREATE INDEX tick_time ON tick (series, time);
