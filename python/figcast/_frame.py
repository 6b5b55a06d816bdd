"""Bars as a pandas DataFrame, and rows to push."""

from __future__ import annotations

import datetime as dt
from typing import Any, Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Most rows of one request, well within the server's own bound.
ROWS_PER_PUSH = 5_000


def frame(columns: list[str], rows: Iterable[Iterable[Any]], zone: str | None) -> Any:
    """A DataFrame with a time index.

    Bars within a day stand at instants, on the clock of the exchange's zone: an hour that the clock skips or
    repeats is no trouble. Bars of a day and longer stand at dates, without a zone: those of two
    exchanges fit together.
    """
    try:
        import pandas as pd
    except ImportError as error:
        message = "bars need pandas: pip install 'figcast[pandas]', or take figcast.rows(..)"
        raise ImportError(message) from error

    times, values = [], []
    for row in rows:
        time, *rest = row
        times.append(time)
        values.append(rest)
    table = pd.DataFrame(values, columns=columns[1:], dtype="float64")
    if any("T" in time for time in times):
        index = pd.to_datetime(times, utc=True, format="ISO8601")
        index = index.tz_convert(_zone(zone) or dt.timezone.utc)
    else:
        index = pd.to_datetime(times, format="%Y-%m-%d")
    table.index = index.rename(columns[0])
    return table


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, ZoneInfoNotFoundError):
        return None


def rows_to_push(rows: Any) -> list[dict[str, Any]]:
    """Rows for the server, of a DataFrame whose index has the times, of dicts, or of one dict."""
    if hasattr(rows, "itertuples"):
        names = [str(name).lower() for name in rows.columns]
        records = rows.itertuples(index="time" not in names, name=None)
        if "time" not in names:
            names.insert(0, "time")
        rows = [dict(zip(names, record)) for record in records]
    elif isinstance(rows, dict):
        rows = [rows]
    return [{name: _plain(name, value) for name, value in row.items() if _is_given(value)} for row in rows]


def _is_given(value: Any) -> bool:
    # NaN, and pandas' NaT, are the values that differ from themselves.
    return value is not None and value == value


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            if value.time() == dt.time():
                return value.date().isoformat()
            raise ValueError(f"{name} {value} has no time zone: give it one, as in tz_localize('Europe/Berlin')")
        return value.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    # A scalar of numpy.
    return value.item() if hasattr(value, "item") else value
