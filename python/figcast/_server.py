"""A server, and what it can be asked."""

from __future__ import annotations

import os
import time
from typing import Any, Callable
from urllib.parse import quote

import httpx

from ._errors import refused, retry_after, unreachable
from ._figure import Figure
from ._frame import ROWS_PER_PUSH, frame, rows_to_push
from ._stream import BarReader, BarUpdate, Stream, figure_reader

DEFAULT_URL = "http://localhost:8080"
#: A server waits 10 s for data that nobody has asked for yet.
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
#: Seconds for which a server may ask to come back later.
PATIENCE = 30.0

Token = str | Callable[[], str] | None


class Server:
    """A figcast server.

    `url` is `FIGCAST_URL` or http://localhost:8080 where it is not given. `token` lets the reader in: a text, or a function
    that is asked again when the server no longer takes its last one; `FIGCAST_TOKEN` where it is not given.
    """

    def __init__(self, url: str | None = None, token: Token = None) -> None:
        self.url = (url or os.environ.get("FIGCAST_URL") or DEFAULT_URL).rstrip("/")
        self._token = token if token is not None else os.environ.get("FIGCAST_TOKEN")
        self._client: httpx.Client | None = None

    @property
    def renews(self) -> bool:
        """Whether there is another token when one is refused."""
        return callable(self._token)

    def headers(self) -> dict[str, str]:
        token = self._token() if callable(self._token) else self._token
        return {"Authorization": f"Bearer {token}"} if token else {}

    def close(self) -> None:
        """Lets go of its connections. The next question makes new ones."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def figure(self, symbol: str, **options: Any) -> Figure:
        """The newest figure of a view, as in `figure("AAPL", range="5d", studies=["sma:20"])`."""
        return Figure(self._get(f"/figure/{_path(symbol)}", _query(options)).json())

    def bars(self, symbol: str, **options: Any) -> Any:
        """The newest bars of a view as a DataFrame, with a column for each study; it needs pandas.

        What is known of them (`symbol`, `currency`, `zone`, `as_of`, ..) stands in its `attrs`.
        """
        told = self._table(symbol, options)
        columns = told["columns"]
        rows = ([bar.get(name) for name in columns] for bar in told["bars"])
        table = frame(columns, rows, told["zone"])
        names = {"asOf": "as_of"}
        left_out = {"bars", "columns"}
        table.attrs = {names.get(name, name): value for name, value in told.items() if name not in left_out}
        return table

    def rows(self, symbol: str, **options: Any) -> list[dict[str, Any]]:
        """The same as a list of dicts, whose `time` is a text: an instant with its offset, or a date."""
        return self._table(symbol, options)["bars"]

    def search(self, words: str = "") -> list[dict[str, Any]]:
        """Symbols by ticker or name."""
        return self._get("/search", {"q": words} if words else {}).json()["results"]

    def stream(self, symbol: str, *, max_rate: float | None = None, **options: Any) -> Stream[Figure]:
        """The figures of a view as they change, at most `max_rate` a second, for `async for`."""
        query = {**_query(options), **_rate(max_rate)}
        return Stream(self, f"/stream/{_path(symbol)}", query, figure_reader)

    def stream_bars(
        self, symbol: str, *, max_rate: float | None = None, **options: Any
    ) -> Stream[BarUpdate]:
        """The rows of a view as they change, for `async for`."""
        query = {**_query(options), **_rate(max_rate), "as": "bars"}
        return Stream(self, f"/stream/{_path(symbol)}", query, BarReader())

    def live(self, symbol: str, *, max_rate: float = 1.0, **options: Any) -> Any:
        """A chart that moves in a notebook, until its `stop()`; it needs `figcast[live]`."""
        try:
            from ._live import LiveChart
        except ImportError as error:
            message = "a live chart needs plotly and anywidget: pip install 'figcast[live]'"
            raise ImportError(message) from error
        # A symbol that is not there is told of now, and not by a chart that stays as it is.
        first = self.figure(symbol, **options)
        return LiveChart(first, self.stream(symbol, max_rate=max_rate, **options))

    def push(self, symbol: str, rows: Any, *, interval: str | None = None) -> dict[str, Any]:
        """Pushes bars or ticks, and says how many were `accepted`, `replaced` and `unchanged`.

        `rows` is a DataFrame whose index has the times, a list of dicts, or one dict: with `open`, `high`, `low` and
        `close` they are bars of `interval`, with `price` ticks. The server takes all rows of a request or none,
        and so does this up to 5,000 of them.
        """
        wanted = rows_to_push(rows)
        if not wanted:
            raise ValueError("there are no rows to push")
        query = {} if interval is None else {"interval": interval}
        path = f"/ingest/{_path(symbol)}"
        total: dict[str, Any] = {}
        for start in range(0, len(wanted), ROWS_PER_PUSH):
            body = wanted[start : start + ROWS_PER_PUSH]
            told = self._ask("POST", path, query, json=body).json()
            for count in ("accepted", "replaced", "unchanged"):
                told[count] += total.get(count, 0)
            total = told
        return total

    def _table(self, symbol: str, options: dict[str, Any]) -> dict[str, Any]:
        query = {**_query(options), "format": "json"}
        return self._get(f"/bars/{_path(symbol)}", query).json()

    def _get(self, path: str, query: dict[str, str]) -> httpx.Response:
        return self._ask("GET", path, query)

    def _ask(self, method: str, path: str, query: dict[str, str], **more: Any) -> httpx.Response:
        if self._client is None:
            self._client = httpx.Client(timeout=TIMEOUT)
        deadline, is_renewed = time.monotonic() + PATIENCE, False
        while True:
            try:
                response = self._client.request(
                    method, self.url + path, params=query, headers=self.headers(), **more
                )
            except httpx.TransportError as error:
                raise unreachable(self.url, error) from error
            if response.status_code == 200:
                return response
            wait = retry_after(response)
            if response.status_code == 401 and self.renews and not is_renewed:
                is_renewed = True
            elif (
                response.status_code in (429, 503)
                and wait is not None
                and time.monotonic() + wait < deadline
            ):
                time.sleep(wait)
            else:
                raise refused(response)


def _path(symbol: str) -> str:
    return quote(symbol, safe="")


def _query(options: dict[str, Any]) -> dict[str, str]:
    """Options of a view as the server reads them: lists with commas, and none for None."""
    return {
        name: value if isinstance(value, str) else ",".join(map(str, value))
        for name, value in options.items()
        if value is not None
    }


def _rate(max_rate: float | None) -> dict[str, str]:
    return {} if max_rate is None else {"max_rate": str(max_rate)}
