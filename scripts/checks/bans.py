"""What a ban is made of: where it holds, what it looks for, and what looks like it and is harmless."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from checks.modules import Module
from checks.swift_text import closing

#: Whether a match is a harmless namesake of the construct.
Spared = Callable[[str, re.Match[str]], bool]
#: Whether a file of this module, under this path, is in the zone of a ban.
Zone = Callable[[Module | None, str], bool]


#: Where parts meet, and clock and chance come from: nodes, and clusters of them on one machine.
_ASSEMBLY = ("MeshNode", "MeshCluster")


def in_sources(module: Module | None, path: str) -> bool:
    """Everything that ships, and test support."""
    return path.startswith("Sources/")


def must_be_deterministic(module: Module | None, path: str) -> bool:
    """What the simulator runs: all of Sources but the assembly, L2 and the executables."""
    exempt = module is not None and (module.name in _ASSEMBLY or module.layer in ("l2", "l4"))
    return in_sources(module, path) and not exempt


def in_library(module: Module | None, path: str) -> bool:
    """Sources that are no executable."""
    return in_sources(module, path) and not (module is not None and module.kind == "executable")


def off_the_main_actor(module: Module | None, path: str) -> bool:
    """Sources that are neither of the assembly nor an executable."""
    return in_library(module, path) and not (module is not None and module.name in _ASSEMBLY)


def outside_privacy_and_escalation(module: Module | None, path: str) -> bool:
    """Sources that neither redact text nor decode what has come redacted through the tunnel."""
    return in_sources(module, path) and not (module is not None and module.name in ("MeshPrivacy", "MeshEscalation"))


def in_tests(module: Module | None, path: str) -> bool:
    """The tests."""
    return path.startswith("Tests/")


def anywhere(module: Module | None, path: str) -> bool:
    """Sources and tests alike."""
    return path.startswith(("Sources/", "Tests/"))


#: How many characters before a match are looked at: a pattern that must end there tries every earlier place.
_LOOK_BACK = 200


def behind(pattern: str) -> Spared:
    """Spared where the pattern stands directly before."""
    ending = re.compile(rf"(?:{pattern})\s*$")
    return lambda code, found: ending.search(code, max(0, found.start() - _LOOK_BACK), found.start()) is not None


def with_argument(pattern: str) -> Spared:
    """Spared where the parentheses directly after the match hold the pattern."""
    argument = re.compile(pattern)
    return lambda code, found: (
        code.startswith("(", found.end()) and argument.search(code, found.end(), closing(code, found.end())) is not None
    )


#: A name that is declared, or that is the type of a result or of a computed property.
_declared = behind(r"->|\b(?:func|extension|struct|enum|class|actor|protocol)|\bvar\s+\w+\s*:")


@dataclass(frozen=True)
class Ban:
    """One line of the list. `rule` is the name behind the dot in `banned.<rule>`."""

    rule: str
    zone: Zone
    pattern: re.Pattern[str]
    problem: str
    mend: str
    spared: tuple[Spared, ...]

    def matches(self, code: str) -> Iterator[re.Match[str]]:
        """Where code uses the construct; a declaration of that name is no use."""
        for found in self.pattern.finditer(code):
            if not any(spares(code, found) for spares in (_declared, *self.spared)):
                yield found


def ban(rule: str, zone: Zone, pattern: str, problem: str, mend: str, *spared: Spared) -> Ban:
    """A line of the list, its pattern compiled."""
    return Ban(rule, zone, re.compile(pattern, re.MULTILINE), problem, mend, spared)
