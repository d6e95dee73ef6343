"""HTTP: each side beside what everybody knows."""

from __future__ import annotations

from collections.abc import Callable

from benching import http_client, http_server

#: What can be measured by itself.
PARTS: dict[str, Callable[[], str]] = {"server": http_server.table, "client": http_client.table}


def table(part: str | None = None) -> str:
    """The table of one part, or of all of them."""
    return "\n".join(make() for name, make in PARTS.items() if part in (None, name))
