"""Streams, and what they survive."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, AsyncIterator
from urllib.parse import urlsplit

import pytest

import figcast
from figcast._events import Event, EventParser
from figcast._stream import BarReader


def run(main: Any) -> None:
    asyncio.run(asyncio.wait_for(main, 60))


class Relay:
    """A way to a server that is cut when the test says so, and remembers what was asked."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._writers: set[asyncio.StreamWriter] = set()
        self.heads: list[str] = []

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head.decode())
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._writers |= {writer, back}
        back.write(head)
        with contextlib.suppress(ConnectionError):
            while piece := await there.read(65_536):
                writer.write(piece)
                await writer.drain()
        writer.close()
        back.close()


def test_figures_come_as_the_market_moves(server: str) -> None:
    async def main() -> None:
        seen = []
        async with figcast.stream("AAPL", server=server) as stream:
            async for figure in stream:
                seen.append(figure.meta["quote"]["asOf"])
                if len(seen) == 3:
                    break
            assert stream.status is not None and stream.status["state"] == "live"
        assert len(set(seen)) == 3

    run(main())


def test_a_stream_that_is_cut_goes_on_by_its_last_id(server: str) -> None:
    async def main() -> None:
        relay = Relay(server)
        async with relay.open() as url:
            ids = []
            async with figcast.stream("AAPL", server=url) as stream:
                async for figure in stream:
                    ids.append(stream.last_id)
                    if len(ids) in (2, 4):
                        relay.cut()
                    if len(ids) == 6:
                        break
            assert len(relay.heads) == 3
            assert "last-event-id" not in relay.heads[0].lower()
            assert "gzip" in relay.heads[0]
            resumed = [head.lower().partition("last-event-id: ")[2].split("\r\n")[0] for head in relay.heads[1:]]
            assert resumed == [ids[2], ids[4]] or resumed == [ids[1], ids[3]], (resumed, ids)

    run(main())


def test_a_server_that_comes_back_is_read_again(start) -> None:
    first = start()
    port = urlsplit(first.url).port

    async def main() -> None:
        seen = 0
        async with figcast.stream("AAPL", server=first.url) as stream:
            async for _ in stream:
                seen += 1
                if seen == 2:
                    await asyncio.to_thread(first.stop)
                    await asyncio.to_thread(start, port=port)
                if seen == 4:
                    return

    run(main())


def test_rows_are_kept_up_to_date_as_the_server_has_them(server: str) -> None:
    async def main() -> None:
        updates = 0
        async with figcast.stream_bars("AAPL", server=server, studies="sma:20") as stream:
            async for update in stream:
                updates += 1
                assert update.columns[-1] == "sma:20"
                assert len({row[0] for row in update.rows}) == len(update.rows)
                assert [row[0] for row in update.rows] == sorted(row[0] for row in update.rows)
                if updates > 1:
                    assert len(update.changed) <= 3 and update.changed[-1] == update.rows[-1]
                if updates == 4:
                    table = update.frame()
                    assert len(table) == len(update.rows) == 390
                    assert table.index.tz is not None
                    return

    run(main())


def test_rows_take_each_others_place_and_leave_at_the_front() -> None:
    reader = BarReader()
    reader({"from": None, "columns": ["time", "close"], "rows": [["a", 1], ["b", 2], ["c", 3]]})
    update = reader({"from": "1", "rows": [["c", 4], ["d", 5]], "since": "b"})
    assert update.rows == [["b", 2], ["c", 4], ["d", 5]] and update.changed == [["c", 4], ["d", 5]]
    assert reader({"from": None, "columns": ["time"], "rows": [["z"]]}).rows == [["z"]]


def test_what_never_becomes_a_chart_ends_with_why(server: str) -> None:
    async def read(symbol: str, url: str, **options: str) -> None:
        async for _ in figcast.stream(symbol, server=url, **options):
            pass

    with pytest.raises(figcast.FigcastError, match="NOPE"):
        run(read("NOPE", server))
    with pytest.raises(figcast.FigcastError, match="chart cannot be"):
        run(read("AAPL", server, chart="pie"))
    with pytest.raises(figcast.FigcastError, match="cannot be reached"):
        run(read("AAPL", "http://127.0.0.1:9"))


def test_events_are_read_however_they_are_cut() -> None:
    text = "retry: 250\r\n: hello\nid: 7\ndata: {\"a\":\"\u2028\"}\r\n\r\nevent: status\rdata: 1\rdata: 2\r\r\nid: 8\n\n"
    wanted = [Event("message", '{"a":"\u2028"}', "7"), Event("status", "1\n2", "7")]
    for size in range(1, len(text) + 1):
        parser = EventParser()
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert [event for piece in pieces for event in parser.feed(piece)] == wanted, size
        assert (parser.retry, parser.last_id) == (0.25, "8")
