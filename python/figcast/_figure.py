"""A Plotly figure, as the server sends it."""

from __future__ import annotations

from typing import Any


class Figure(dict):
    """`data`, `layout` and `config` of Plotly: a dict that notebooks show as a chart.

    `plotly.io.show(figure)` takes it as it is, and `to_plotly()` makes a `plotly.graph_objects.Figure` of it.
    """

    @property
    def meta(self) -> dict[str, Any]:
        """What the server says of it: instrument, quote, session, source and view."""
        return self["layout"]["meta"]

    @property
    def last(self) -> float | None:
        """The last price."""
        return self.meta["quote"]["last"]

    def to_plotly(self) -> Any:
        """The same as a `plotly.graph_objects.Figure`, which needs the package plotly."""
        import plotly.graph_objects as go

        return go.Figure(data=self["data"], layout=self["layout"])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {"application/vnd.plotly.v1+json": dict(self), "text/plain": repr(self)}

    def __repr__(self) -> str:
        quote = self.meta["quote"]
        return f"<Figure {self.meta['view']}: {quote['last']} as of {quote['asOf']}>"
