"""Live market charts of a figcast server.

    import figcast

    figcast.figure("AAPL", range="5d", chart="candlestick")   # a Plotly figure
    figcast.bars("AAPL", range="1y", studies="sma:200")       # a DataFrame
    figcast.live("AAPL")                                      # a chart that moves in a notebook

    async for figure in figcast.stream("AAPL"):               # every figure, as the market moves
        print(figure.last)

The server is `FIGCAST_URL`, or http://localhost:8080; `server=` names another one, by its address or as a
`Server`, which keeps its connections. `token=` lets the reader in, else `FIGCAST_TOKEN`.
"""

from __future__ import annotations

from typing import Any

from ._errors import FigcastError
from ._figure import Figure
from ._server import Server, Token
from ._stream import BarUpdate, Stream

__version__ = "0.1.0"
__all__ = [
    "BarUpdate",
    "FigcastError",
    "Figure",
    "Server",
    "Stream",
    "bars",
    "figure",
    "live",
    "push",
    "rows",
    "search",
    "stream",
    "stream_bars",
]


def _at(server: str | Server | None, token: Token) -> Server:
    if isinstance(server, Server):
        return server
    return Server(server, token)


def figure(symbol: str, *, server: str | Server | None = None, token: Token = None, **options: Any) -> Figure:
    """`Server.figure`."""
    return _at(server, token).figure(symbol, **options)


def bars(symbol: str, *, server: str | Server | None = None, token: Token = None, **options: Any) -> Any:
    """`Server.bars`."""
    return _at(server, token).bars(symbol, **options)


def rows(
    symbol: str, *, server: str | Server | None = None, token: Token = None, **options: Any
) -> list[dict[str, Any]]:
    """`Server.rows`."""
    return _at(server, token).rows(symbol, **options)


def search(
    words: str = "", *, server: str | Server | None = None, token: Token = None
) -> list[dict[str, Any]]:
    """`Server.search`."""
    return _at(server, token).search(words)


def stream(
    symbol: str, *, server: str | Server | None = None, token: Token = None, **options: Any
) -> Stream[Figure]:
    """`Server.stream`."""
    return _at(server, token).stream(symbol, **options)


def stream_bars(
    symbol: str, *, server: str | Server | None = None, token: Token = None, **options: Any
) -> Stream[BarUpdate]:
    """`Server.stream_bars`."""
    return _at(server, token).stream_bars(symbol, **options)


def live(symbol: str, *, server: str | Server | None = None, token: Token = None, **options: Any) -> Any:
    """`Server.live`."""
    return _at(server, token).live(symbol, **options)


def push(
    symbol: str,
    rows: Any,
    *,
    interval: str | None = None,
    server: str | Server | None = None,
    token: Token = None,
) -> dict[str, Any]:
    """`Server.push`."""
    return _at(server, token).push(symbol, rows, interval=interval)
