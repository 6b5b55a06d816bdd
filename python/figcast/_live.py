"""A chart in a notebook that moves: the kernel reads the stream, so that the browser needs no way to the server."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Iterator

import plotly.graph_objects as go

if TYPE_CHECKING:
    from ._figure import Figure
    from ._stream import Stream

#: Parts of a figure that Plotly takes whole.
WHOLE = frozenset({"meta", "template"})


class LiveChart(go.FigureWidget):
    """A `plotly.graph_objects.FigureWidget` that a stream moves.

    Only what has changed is told to the browser: the reader's zoom stays. A thread of its own reads, until
    `stop()`, or the end of the kernel. What ended it otherwise is `error`.
    """

    def __init__(self, first: Figure, stream: Stream[Figure]) -> None:
        super().__init__(data=first["data"], layout=first["layout"])
        self._error: Exception | None = None
        self._told = first
        self._stream = stream
        self._loop = asyncio.new_event_loop()
        self._reading: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="figcast", daemon=True)
        self._thread.start()

    @property
    def error(self) -> Exception | None:
        """Why it moves no more, if something is wrong."""
        return self._error

    @property
    def is_live(self) -> bool:
        """Whether it still moves."""
        return self._thread.is_alive()

    @property
    def status(self) -> dict[str, Any] | None:
        """What the server said last of its data."""
        return self._stream.status

    def stop(self) -> None:
        """Has it stand still, and closes its stream."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._cancel)
            self._thread.join(timeout=5)

    def close(self) -> None:
        """Takes it from the notebook."""
        self.stop()
        super().close()

    def _cancel(self) -> None:
        if self._reading is not None:
            self._reading.cancel()

    def _run(self) -> None:
        try:
            self._reading = self._loop.create_task(self._read())
            self._loop.run_until_complete(self._reading)
        except asyncio.CancelledError:
            pass
        except Exception as error:
            self._error = error
        finally:
            self._loop.close()

    async def _read(self) -> None:
        async with self._stream:
            async for figure in self._stream:
                self._show(figure)

    def _show(self, figure: dict[str, Any]) -> None:
        traces, before = figure["data"], self._told["data"]
        if [trace["uid"] for trace in traces] == [trace["uid"] for trace in before]:
            with self.batch_update():
                for shown, new, old in zip(self.data, traces, before):
                    _change(shown, new, old)
                _change(self.layout, figure["layout"], self._told["layout"])
        else:
            self.data = ()
            self.add_traces(traces)
            with self.batch_update():
                _change(self.layout, figure["layout"], self._told["layout"])
        self._told = figure


def _change(target: Any, new: dict[str, Any], old: dict[str, Any]) -> None:
    for path, value in _changes(new, old):
        target[path] = value


def _changes(new: dict[str, Any], old: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The paths at which `new` differs from `old`, with what stands there now."""
    for name in [*new, *(name for name in old if name not in new)]:
        now, then = new.get(name), old.get(name)
        path = f"{prefix}{name}"
        if now == then:
            continue
        if isinstance(now, dict) and isinstance(then, dict) and path not in WHOLE:
            yield from _changes(now, then, f"{path}.")
        else:
            yield path, now
