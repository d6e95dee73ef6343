"""What schemathesis is told beside the description: answers are short, and names are met again."""

from __future__ import annotations

from typing import Any

import schemathesis

#: The most tokens of an answer: what is tried is the interface, not how much a model can say.
_TOKENS = 4
#: Sessions that requests share, so that most of them are there, and some deleted.
_SESSIONS = ("trip", "work", "a.b-c_d", "x")


@schemathesis.hook
def map_body(_: Any, body: Any) -> Any:
    """A body whose answer is short; what is wrong with it stays wrong."""
    if isinstance(body, dict):
        for name in ("max_tokens", "max_completion_tokens"):
            value = body.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and value > _TOKENS:
                body[name] = 1 + value % _TOKENS
    return body


@schemathesis.hook
def map_path_parameters(context: Any, parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Three of four names of sessions are among a few."""
    name = (parameters or {}).get("id")
    if parameters is None or not isinstance(name, str) or not context.operation.path.startswith("/v1/sessions/"):
        return parameters
    place = sum(name.encode(errors="replace"))
    return parameters if place % 4 == 0 else {**parameters, "id": _SESSIONS[place // 4 % len(_SESSIONS)]}
