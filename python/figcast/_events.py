"""Server-Sent Events out of pieces of text.

Lines end as the standard says, with LF, CR or both: `str.splitlines` and httpx also break at characters
that may stand in JSON, such as U+2028.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Event:
    """One event; `id` is the last one that the stream has said."""

    name: str
    data: str
    id: str | None


class EventParser:
    """Takes text piece by piece, and gives the events that it completes."""

    def __init__(self, last_id: str | None = None) -> None:
        self.last_id = last_id
        # The reconnection time that the server asks for, in seconds.
        self.retry: float | None = None
        self._rest = ""
        self._name = ""
        self._data: list[str] = []

    def feed(self, text: str) -> Iterator[Event]:
        self._rest += text
        start = 0
        for end in _LINE_END.finditer(self._rest):
            # The LF of this CR may come with the next piece.
            if end.group() == "\r" and end.end() == len(self._rest):
                break
            event = self._line(self._rest[start : end.start()])
            start = end.end()
            if event is not None:
                yield event
        self._rest = self._rest[start:]

    def _line(self, line: str) -> Event | None:
        if line == "":
            return self._dispatch()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._name = value
        elif field == "id" and "\0" not in value:
            self.last_id = value or None
        elif field == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value) / 1_000
        return None

    def _dispatch(self) -> Event | None:
        name, data = self._name or "message", self._data
        self._name, self._data = "", []
        return Event(name, "\n".join(data), self.last_id) if data else None
