"""The matrix: features by clients, over grounds; one cell is one test.

A feature is a function of a case. What is declared here is what docs/conformance.md shows: `python matrix.py` prints
that page's table, and `test_matrix_page.py` holds the page to it.
"""

from __future__ import annotations

import unittest
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from talkers import Ask, Maker, Refused, Said, Talker, Turn

#: The columns of the table, by name; who is heavy is a test of `scripts/test --all` alone.
CLIENTS = ["openai", "openai async", "anthropic", "anthropic async"]
HEAVY_CLIENTS = ["litellm to openai", "litellm to anthropic"]


@dataclass(frozen=True)
class Feature:
    """A row of the table."""

    name: str
    sentence: str
    ground: str
    check: Callable[[Case], None]
    #: The dialects in which it can be asked for.
    dialects: tuple[str, ...]
    #: Clients that cannot show it, each with the reason.
    without: dict[str, str]

    def fits(self, client: str) -> bool:
        """Whether the client has this row."""
        return any(dialect in client for dialect in self.dialects) and client not in self.without


#: Every feature, in the order in which it was declared.
FEATURES: list[Feature] = []
BOTH = ("openai", "anthropic")


def feature(
    *grounds: str, dialects: tuple[str, ...] = BOTH, without: dict[str, str] | None = None
) -> Callable[[Callable[[Case], None]], Callable[[Case], None]]:
    """Declares a function a feature of some grounds; its documentation is the row's text."""

    def declare(check: Callable[[Case], None]) -> Callable[[Case], None]:
        sentence = (check.__doc__ or "").strip().split("\n")[0].rstrip(".")
        for ground in grounds:
            FEATURES.append(Feature(check.__name__, sentence, ground, check, dialects, without or {}))
        return check

    return declare


class Ground:
    """A server, and what stands behind it; begun for the first test that needs it, ended with its module."""

    title: ClassVar[str]
    _running: ClassVar[Ground | None] = None

    #: The ground whose features it has; itself where nobody says otherwise.
    features: ClassVar[str] = ""

    #: Where clients ask.
    url: str
    #: What they ask for where a feature does not say.
    model: str
    #: The key that they show.
    key: str = "k"

    def end(self) -> None:
        """Ends what was begun."""
        raise NotImplementedError

    @classmethod
    def has(cls, each: Feature) -> bool:
        """Whether a feature is shown here."""
        return each.ground == (cls.features or cls.__name__)

    @classmethod
    def shared(cls) -> Ground:
        """The one of this module."""
        if cls._running is None:
            running = cls._running = cls()

            def end() -> None:
                cls._running = None
                running.end()

            unittest.addModuleCleanup(end)
        return cls._running


class Case(unittest.TestCase):
    """A cell: a client at a ground."""

    kind: ClassVar[type[Ground]]
    maker: ClassVar[Maker]
    client: ClassVar[str]
    ground: Any

    def setUp(self) -> None:
        self.ground = type(self).kind.shared()
        self._talkers: list[Talker] = []
        self.talker = self.another()

    def tearDown(self) -> None:
        for talker in self._talkers:
            talker.close()

    def another(self, retries: int = 0, *, url: str | None = None, key: str | None = None) -> Talker:
        """A client of this column, closed with the test."""
        talker = type(self).maker(url or self.ground.url, self.ground.key if key is None else key, retries)
        self._talkers.append(talker)
        return talker

    def ask(self, text: str, **words: Any) -> Ask:
        """A question of one turn to the ground's model."""
        return Ask(**{"turns": [Turn("user", [text])], "model": self.ground.model, **words})

    def say(self, text: str, **words: Any) -> Said:
        """The answer to such a question."""
        return self.talker.say(self.ask(text, **words))

    def refusal(self, text: str, talker: Talker | None = None, **words: Any) -> Refused:
        """What the client's SDK throws."""
        with self.assertRaises(Refused) as caught:
            (talker or self.talker).say(self.ask(text, **words))
        return caught.exception

    def assert_status(self, refused: Refused, status: int) -> None:
        """The client tells this status, or what it makes of it."""
        told = (self.talker.statuses or {}).get(status, status)
        self.assertEqual(refused.status, told, refused)

    def assert_kind(self, refused: Refused, kind: str) -> None:
        """It is this class of an official SDK; LiteLLM has classes of its own, all of them kinds of OpenAI's."""
        self.assertIn(kind if self.talker.statuses is None else "APIError", refused.kinds, refused)

    @property
    def dialect(self) -> str:
        """openai or anthropic."""
        return self.talker.dialect


_results: dict[str, dict[str, dict[str, str]]] = {}


def declare(module: dict[str, Any], ground: type[Ground], makers: dict[str, Maker]) -> None:
    """Adds to a test module a class for each client, with a test for each feature of the ground."""
    for client, maker in makers.items():
        members: dict[str, Any] = {"kind": ground, "client": client, "maker": staticmethod(maker)}
        members["__module__"] = module["__name__"]
        for each in FEATURES:
            if ground.has(each) and each.fits(client):
                members[f"test_{each.name}"] = _test(each, ground.title, client)
        name = ground.__name__ + "".join(word.capitalize() for word in client.split())
        module[name] = type(name, (Case,), members)
    titles = module.setdefault("_titles", [])
    titles.append(ground.title)
    module["tearDownModule"] = lambda: print("\n".join(_table(title, list(makers)) for title in titles))


def _test(each: Feature, title: str, client: str) -> Callable[[Case], None]:
    def test(case: Case) -> None:
        row = _results.setdefault(title, {}).setdefault(each.name, {})
        row[client] = "FAIL"
        each.check(case)
        row[client] = "ok"

    test.__doc__ = each.sentence
    return test


def _table(title: str, clients: list[str]) -> str:
    """How it went."""
    lines = [f"\n{title}", f"  {'':34}" + "".join(f"{client:>22}" for client in clients)]
    for name, row in _results.get(title, {}).items():
        lines.append(f"  {name:34}" + "".join(f"{row.get(client, '-'):>22}" for client in clients))
    return "\n".join(lines)


def page(grounds: list[tuple[type[Ground], list[str], bool]]) -> str:
    """The tables of docs/conformance.md: of each ground who asks there, and whether all of it is heavy."""
    columns = CLIENTS + HEAVY_CLIENTS
    lines: list[str] = []
    counts = [0, 0]
    for kind, clients, is_heavy in grounds:
        lines += [f"### {kind.title}", "", "| feature | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
        for each in (each for each in FEATURES if kind.has(each)):
            fitting = [client for client in clients if each.fits(client)]
            for client in fitting:
                counts[is_heavy or client in HEAVY_CLIENTS] += 1
            cells = ["✓" if client in fitting else "–" for client in columns]
            lines.append(f"| {each.sentence} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join([f"{counts[0]} cases in `scripts/test`, {counts[1]} more in `scripts/test --all`.", "", *lines])
