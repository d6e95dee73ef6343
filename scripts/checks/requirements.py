"""Requirements whose comment is the protocol's own: which name is free, inside a conformance to which protocol."""

import re
from collections.abc import Iterator

from checks.swift_text import TYPE, closing

_EQUATABLE = {"Equatable", "Comparable", "Hashable", "StructuredError"}
_ENCODABLE, _DECODABLE = {"Codable", "Encodable"}, {"Codable", "Decodable"}
#: `WireCodable` and the protocols that refine it.
_WIRE = {"WireCodable", "ActorCommand", "Command", "PlainCommand", "Journaled"}

#: Each name and the protocols that earn it. Names like `id` and `body` say nothing by themselves and are not here.
EARNED_BY: dict[str, set[str]] = {
    "==(_:_:)": _EQUATABLE,
    "<(_:_:)": {"Comparable"},
    "hash(into:)": {"Hashable"},
    "encode(into:)": _WIRE,
    "encode(to:)": _ENCODABLE,
    "init(from:)": _WIRE | _DECODABLE,
    "rawValue": {"RawRepresentable"},
    "init(rawValue:)": {"RawRepresentable"},
    "description": {"CustomStringConvertible", "LosslessStringConvertible", "StructuredError"},
    "debugDescription": {"CustomDebugStringConvertible"},
    "customMirror": {"CustomReflectable"},
    "makeIterator()": {"Sequence", "Collection"},
    "makeAsyncIterator()": {"AsyncSequence"},
    "next()": {"IteratorProtocol", "AsyncIteratorProtocol"},
    "next(isolation:)": {"AsyncIteratorProtocol"},
    "enqueue(_:)": {"TaskExecutor", "SerialExecutor"},
    # Our own ports.
    "domain": {"ErrorCode"},
    "code": {"StructuredError"},
    "message": {"StructuredError"},
    "cause": {"StructuredError"},
    "location": {"StructuredError"},
    "noun": {"IdentifierSubject"},
    "now": {"Clock"},
    "wallTime": {"Clock"},
    "sleep(until:)": {"Clock"},
    "write(_:)": {"LogSink"},
}
_PORTS = {
    "Journal": ("claim(_:for:_:)", "release(_:_:)", "append(_:)", "entries(of:after:)", "save(_:of:_:)",
                "actors(after:)", "actorsToWake(until:after:)"),
    "Transport": ("request(_:to:deadline:)", "serve(_:)"),
    "Disk": ("names()", "open(_:creating:)", "rename(_:to:)", "remove(_:)", "syncFolder()", "close()"),
    "DiskFile": ("size()", "read(into:at:)", "write(_:at:)", "allocate(_:)", "truncate(to:)", "sync()"),
    "LogIndex": ("applied", "row(of:)", "places(of:after:limit:)", "rows(after:limit:)",
                 "rowsToWake(until:after:limit:)", "apply(_:)", "removeAll()", "close()"),
    "Journaled": ("kind", "commands", "init(key:)", "apply(_:at:)", "pendingEffects", "nextAlarm", "approximateBytes"),
    "PlainActor": ("kind", "commands", "run()"),
    "Command": ("tag", "decide(_:_:)", "Reply", "Refusal", "Target"),
    "PlainCommand": ("tag", "perform(on:)", "Reply", "Refusal", "Target"),
    "EffectPerformer": ("perform(_:_:)", "Completion", "Target"),
    "HTTPHandler": ("respond(to:)",),
    "Middleware": ("respond(to:next:)",),
    "ErrorRenderer": ("response(to:for:)",),
    "PathValue": ("takesRest", "init(path:)"),
    "RequestBodySource": ("next()",),
    "ResponseSink": ("write(_:)",),
    "ReadinessCheck": ("name", "state()"),
    "SeededPlan": ("Fault", "Figures", "command", "cast"),
    "SeededFigures": ("add(_:)", "lines(events:)", "fields"),
}
for _port, _requirements in _PORTS.items():
    for _requirement in _requirements:
        EARNED_BY.setdefault(_requirement, set()).add(_port)
_COLLECTIONS = {"Collection", "BidirectionalCollection", "RandomAccessCollection", "MutableCollection"}
EARNED_BY |= {name: _COLLECTIONS for name in ("startIndex", "endIndex", "index(after:)")}
EARNED_BY |= {"index(before:)": _COLLECTIONS - {"Collection"}}


class Conformances:
    """The types and extensions of one file, each with what its own header conforms to."""

    def __init__(self, code: str) -> None:
        self._scopes = [
            (found.end(), closing(code, found.end() - 1), _protocols(found["header"])) for found in TYPE.finditer(code)
        ]

    def earn(self, signature: str, offset: int) -> bool:
        """Whether the innermost type around an offset conforms to a protocol that asks for the declaration."""
        around = [scope for scope in self._scopes if scope[0] <= offset < scope[1]]
        return bool(around) and not EARNED_BY.get(signature, set()).isdisjoint(max(around)[2])


def _protocols(header: str) -> set[str]:
    """The plain names of an inheritance clause: attributes, modules, generic arguments and `where` left out."""
    clause = re.split(r"\bwhere\b", "".join(_outside_angles(header)))[0].partition(":")[2]
    return {words[-1].rpartition(".")[2] for part in re.split("[,&]", clause) if (words := part.split())}


def _outside_angles(header: str) -> Iterator[str]:
    depth = 0
    for piece in re.split(r"(->|[<>])", header):
        depth += {"<": 1, ">": -1}.get(piece, 0)
        if depth == 0 and piece != ">":
            yield piece
