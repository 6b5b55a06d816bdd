"""Streams that go on: read one connection after the other, each from where the last one ended."""

from __future__ import annotations

import asyncio
import codecs
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, AsyncIterator, Generic, TypeVar

import httpx

from ._errors import FigcastError, refused, retry_after, unreachable
from ._events import Event, EventParser
from ._figure import Figure
from ._frame import frame

if TYPE_CHECKING:
    from ._server import Server

T = TypeVar("T")

#: Without a word for so long, where the server says at least a comment every 15 s, the connection is dead.
SILENCE = 60.0
#: Seconds until the next try, where the server has not said.
RETRY = 3.0
#: Longest wait between two tries.
LONGEST_WAIT = 30.0
#: What may pass by itself.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
#: States of a view that never become a chart.
FINAL = frozenset({"not_found", "refused", "forbidden"})


class Stream(Generic[T]):
    """What a server says of a view, for `async for`.

    It ends with a `FigcastError` that says why, or when it is closed: a lost connection is taken up again where
    it ended. `status` is what the server said last of its data.
    """

    def __init__(self, server: Server, path: str, query: dict[str, str], reader: Any) -> None:
        self.status: dict[str, Any] | None = None
        self.last_id: str | None = None
        self._server = server
        self._path = path
        self._query = query
        self._reader = reader
        self._retry = RETRY
        self._items = self._read()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        return await self._items.__anext__()

    async def aclose(self) -> None:
        """Ends the stream and its connection."""
        await self._items.aclose()

    async def __aenter__(self) -> Stream[T]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _read(self) -> AsyncIterator[T]:
        failures, has_connected, is_renewed = 0, False, False
        timeout = httpx.Timeout(SILENCE, connect=10.0)
        async with httpx.AsyncClient(timeout=timeout) as client:
            while True:
                wait = None
                try:
                    async with client.stream("GET", **self._request()) as response:
                        if response.status_code == 200:
                            has_connected, is_renewed = True, False
                            async for event in self._events(response):
                                failures = 0
                                item = self._take(event)
                                if item is not None:
                                    yield item
                        else:
                            await response.aread()
                            if response.status_code == 401 and self._server.renews and not is_renewed:
                                is_renewed, wait = True, 0.0
                            elif response.status_code not in PASSING:
                                raise refused(response)
                            else:
                                wait = retry_after(response)
                except httpx.TransportError as error:
                    if not has_connected:
                        raise unreachable(self._server.url, error) from error
                await asyncio.sleep(self._wait(failures) if wait is None else wait)
                failures += 1

    def _request(self) -> dict[str, Any]:
        headers = {**self._server.headers(), "Accept": "text/event-stream"}
        if self.last_id is not None:
            headers["Last-Event-ID"] = self.last_id
        return {"url": self._server.url + self._path, "params": self._query, "headers": headers}

    async def _events(self, response: httpx.Response) -> AsyncIterator[Event]:
        parser = EventParser(self.last_id)
        decoder = codecs.getincrementaldecoder("utf-8")()
        async for piece in response.aiter_bytes():
            for event in parser.feed(decoder.decode(piece)):
                yield event
                # Only now does the reader have it.
                self.last_id = event.id
            self._retry = parser.retry or self._retry

    def _take(self, event: Event) -> T | None:
        if event.name == "message":
            return self._reader(json.loads(event.data))
        if event.name == "status":
            self.status = json.loads(event.data)
            if self.status["state"] in FINAL:
                raise FigcastError(self.status["message"] or self.status["state"])
        return None

    def _wait(self, failures: int) -> float:
        """A little later with every failure, and not with all others at once."""
        wait = min(self._retry * 2 ** min(failures, 8), LONGEST_WAIT)
        return wait * random.uniform(0.8, 1.2)


@dataclass(frozen=True)
class BarUpdate:
    """The rows of a view after a change, and which of them have changed."""

    columns: list[str]
    #: The new and changed rows, as lists in the order of the columns.
    changed: list[list[Any]]
    #: All of them.
    rows: list[list[Any]]
    zone: str | None = None

    def frame(self) -> Any:
        """All rows as a DataFrame, as `figcast.bars` gives them."""
        return frame(self.columns, self.rows, self.zone)


class BarReader:
    """Puts the rows that change in the place of those that they were."""

    def __init__(self) -> None:
        self.zone: str | None = None
        self._columns: list[str] = []
        self._rows: dict[str, list[Any]] = {}

    def __call__(self, told: dict[str, Any]) -> BarUpdate:
        if told["from"] is None:
            self._columns, self._rows = told["columns"], {}
        for row in told["rows"]:
            self._rows[row[0]] = row
        if "since" in told:
            for time in list(self._rows):
                if time == told["since"]:
                    break
                del self._rows[time]
        return BarUpdate(self._columns, told["rows"], list(self._rows.values()), self.zone)


def figure_reader(told: dict[str, Any]) -> Figure:
    return Figure(told)
