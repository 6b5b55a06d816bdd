"""What goes wrong, in one exception."""

from __future__ import annotations

from typing import Any

import httpx

#: Longest time that a server may ask for before it is asked again.
LONGEST_WAIT = 300.0


class FigcastError(Exception):
    """A server that refuses, or cannot be reached.

    `status` is the HTTP status, or None where there was no answer; `problem` the server's own words
    (RFC 9457), with the refused `rows` of a push among them.
    """

    def __init__(
        self, message: str, status: int | None = None, problem: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problem = problem or {}


def unreachable(url: str, error: httpx.TransportError) -> FigcastError:
    why = str(error) or type(error).__name__
    return FigcastError(
        f"{url} cannot be reached: {why}. Name the server by server=.. or FIGCAST_URL"
    )


def refused(response: httpx.Response) -> FigcastError:
    """The error of an answer whose body has been read."""
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    detail = problem.get("detail") or response.reason_phrase
    rows = problem.get("rows") or []
    told = "".join(
        f"\n  line {row.get('line')}, {row.get('column')}: {row.get('detail')}" for row in rows
    )
    return FigcastError(f"{response.status_code}: {detail}{told}", response.status_code, problem)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds until the server wants to be asked again, if it says so."""
    try:
        return min(max(float(response.headers["retry-after"]), 0.0), LONGEST_WAIT)
    except (KeyError, ValueError):
        return None
