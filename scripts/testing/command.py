"""The command line of scripts/test, and the stages that it runs."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator

from library.entry import exit_with
from testing import counting
from testing.stage import REPORTS, ROOT, Counts, SecondChance, Stage

_HELP = """
  scripts/test          set-up, then all tests that CI runs
  scripts/test --fast   the inner loop: no set-up and no release build, only what a debug build can show
  scripts/test --all    also the heavy tests that are run before an issue is resolved
"""
#: Suites whose bounds are seconds of a real clock, or that compute on threads of their own: beside 1,500 tests on two
#: threads they would measure those.
_WATCH_CLOCKS = (
    "MeshInferenceTests|TransportConformanceTests|The system.s resolver|The patience of the client|Bounds of links"
)
#: What computes for minutes of a processor without giving way: beside it others would wait beyond their own bounds.
_COMPUTE = "^MeshPrivacyTests|^MeshSimulationTests|^MeshLedgerTests|^MeshRelayTests|A byte changed behind"
#: How many tests run beside each other. Without it all of them begin at once on two threads, every wait of a test goes
#: behind everybody else's, and tests with a bound in seconds measure that.
_WIDTH = ["--experimental-maximum-parallelization-width", "4"]
_UNITTEST = ["-m", "unittest", "discover", "--start-directory"]


def main(arguments: list[str]) -> int:
    """Runs the stages, prints the one plain line at the end, and returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/test",
        description="Runs the tests; the last line is `N passed, N failed`.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--fast", action="store_true", help="the inner loop")
    how.add_argument("--all", action="store_true", help="the heavy tests too")
    options = parser.parse_args(arguments)
    setup = [ROOT / "scripts/setup", "--skip-build", *(["--heavy"] if options.all else [])]
    if not options.fast and subprocess.run(setup, check=False).returncode != 0:
        print("0 passed, 1 failed")
        return 1
    counts = Counts()
    for stage in _stages(fast=options.fast, everything=options.all):
        counts += stage.run()
    if counts.unsteady:
        print(f"unsteady, failed beside others and passed alone: {', '.join(counts.unsteady)}")
    print(f"{counts.passed} passed, {counts.failed} failed")
    return 0 if counts.failed == 0 else 1


def _stages(*, fast: bool, everything: bool) -> Iterator[Stage]:
    yield Stage("build for tests", ["swift", "build", "--build-tests", "--jobs", "2"])
    suites = ["swift", "test", "--skip-build", "--parallel", *_WIDTH]
    yield _swift_tests("swift tests", [*suites, "--skip", f"{_COMPUTE}|{_WATCH_CLOCKS}"])
    yield _swift_tests("swift tests that compute", [*suites, "--filter", _COMPUTE])
    yield _swift_tests("swift tests that watch clocks", [*suites, "--filter", _WATCH_CLOCKS])
    yield Stage("script tests", ["/usr/bin/python3", *_UNITTEST, "Tests/ScriptsTests"], counting.python)
    if fast:
        return
    yield Stage("build for release", ["swift", "build", "--configuration", "release", "--jobs", "2"])
    yield Stage("interoperability", [_python_of("Interop"), *_UNITTEST, "Tests/Interop"], counting.python)
    yield Stage("official SDKs", [_python_of("SDKs"), *_UNITTEST, "Tests/SDKs"], counting.python)
    yield Stage("privacy on generated texts", [_python_of("Privacy"), *_UNITTEST, "Tests/Privacy"], counting.python)
    described = [_python_of("OpenAPI"), *_UNITTEST, "Tests/OpenAPI"]
    yield Stage("requests out of the API's description", described, counting.python)
    billed = [_python_of("Stripe"), *_UNITTEST, "Tests/Stripe"]
    yield Stage("Stripe's SDK and a double of Stripe", billed, counting.python)
    processes = ["/usr/bin/python3", *_UNITTEST, "Tests/ProcessTests"]
    yield Stage("process tests", processes, counting.python, _alone(processes))
    yield from _hunt_stages()
    yield Stage("counts of meshbench", ["scripts/bench", "--check"], is_one_test=True)
    if everything:
        yield from _heavy_stages()


def _hunt_stages() -> Iterator[Stage]:
    """The simulator must find every planted bug; they exist in this build alone."""
    build = ["swift", "build", "--configuration", "release", "--jobs", "2", "--product", "meshsim"]
    planted = ["env", "MESHNODE_PLANTED_BUGS=1", *build, "--scratch-path", ".build/planted"]
    yield Stage("build with planted bugs", planted)
    hunt = [".build/planted/release/meshsim", "hunt", "--seeds", "2000"]
    yield Stage("hunt for planted bugs", hunt, is_one_test=True)


def _sanitized_stages(name: str) -> Iterator[Stage]:
    """All unit tests, in the parts in which they run without it: those that watch clocks measure nobody else's load."""
    where = ["--sanitize", name, "--scratch-path", f".build/sanitize-{name}"]
    suppressions = ROOT / "scripts/testing/thread-sanitizer.txt"
    options = ["SWIFT_BACKTRACE=enable=no", "ASAN_OPTIONS=detect_leaks=0", f"TSAN_OPTIONS=suppressions={suppressions}"]
    suites = ["env", *options, "swift", "test", "--jobs", "2", *_WIDTH, *where]
    yield _swift_tests(f"swift tests, {name} sanitizer", [*suites, "--skip", f"{_COMPUTE}|{_WATCH_CLOCKS}"])
    yield _swift_tests(f"swift tests that compute, {name} sanitizer", [*suites, "--filter", _COMPUTE])
    yield _swift_tests(f"swift tests that watch clocks, {name} sanitizer", [*suites, "--filter", _WATCH_CLOCKS])


def _heavy_stages() -> Iterator[Stage]:
    """Sanitizers over the unit tests and over links that come and go, a minute of fuzzing for each decoder."""
    for name in ("thread", "address"):
        yield from _sanitized_stages(name)
        yield Stage(f"churn, {name} sanitizer", ["scripts/churn", name, "--seconds", "10"], is_one_test=True)
    links = [*_UNITTEST, "Tests/ProcessTests", "--pattern", "test_bad_links.py"]
    larger = ["env", "MESHNODE_LINK_SCALE=4", "/usr/bin/python3", *links]
    yield Stage("bad links, four times as much", larger, counting.python)
    hundred = [*_UNITTEST, "Tests/ProcessTests", "--pattern", "test_hundred_edges.py"]
    heavy = ["env", "MESHNODE_HEAVY=1", "/usr/bin/python3", *hundred]
    yield Stage("a hundred edges, checked", heavy, counting.python)
    renewals = ["env", "MESHNODE_RENEWALS=1000", "/usr/bin/python3", *_UNITTEST, "Tests/ProcessTests"]
    yield Stage("a thousand renewals", [*renewals, "--pattern", "test_renewal.py"], counting.python)
    herd = [*_UNITTEST, "Tests/ProcessTests", "--pattern", "test_herd.py"]
    whole = ["env", "MESHNODE_HERD=2000", "/usr/bin/python3", *herd]
    yield Stage("a herd of 2,000", whole, counting.python)
    wanted = ["env", "MESHNODE_STREAM_MEGABYTES=100", "MESHNODE_STREAM_CUTS=5"]
    cut = ["swift", "test", "--skip-build", "--filter", "sent twice"]
    yield _swift_tests("100 MB over a link that is cut", [*wanted, *cut])
    streams = [*wanted, "/usr/bin/python3", *_UNITTEST, "Tests/ProcessTests", "--pattern", "test_streams.py"]
    yield Stage("100 MB between processes over a tunnel that is cut", streams, counting.python)
    browsers = ["/usr/bin/python3", *_UNITTEST, "Tests/BrowserTests"]
    yield Stage("browsers", browsers, counting.python)
    yield Stage("LiteLLM as a client", [_python_of("LiteLLM"), *_UNITTEST, "Tests/LiteLLM"], counting.python)
    between = [*_UNITTEST, "Tests/SDKs", "--pattern", "test_*_heavy.py"]
    sdks = ["env", "MESHNODE_HEAVY=1", _python_of("SDKs"), *between]
    yield Stage("official SDKs, LiteLLM between", sdks, counting.python)
    leaving = [_python_of("SDKs"), *_UNITTEST, "Tests/SDKs", "--pattern", "test_leaving*.py"]
    yield Stage("two hundred who leave", ["env", "MESHNODE_LEAVES=200", *leaving], counting.python)
    many = ["env", "MESHNODE_API_EXAMPLES=150", "MESHNODE_API_PHASES=examples,coverage,fuzzing,stateful"]
    described = [*many, _python_of("OpenAPI"), *_UNITTEST, "Tests/OpenAPI"]
    yield Stage("many requests out of the API's description", described, counting.python)
    bills = ["env", "MESHNODE_BILL_KILLS=200", _python_of("Stripe"), *_UNITTEST, "Tests/Stripe"]
    yield Stage("two hundred deaths while Stripe is told", [*bills, "--pattern", "test_meters.py"], counting.python)
    local = [_python_of("LocalStripe"), *_UNITTEST, "Tests/LocalStripe"]
    yield Stage("payments that fail, with localstripe", local, counting.python)
    kills = [*_UNITTEST, "Tests/ProcessTests", "--pattern", "test_killed_answers.py"]
    every = ["env", "MESHNODE_KILLS=all", "/usr/bin/python3", *kills]
    yield Stage("answers, killed at every stage", every, counting.python)
    prometheus = ["/usr/bin/python3", *_UNITTEST, "Tests/PrometheusTests"]
    yield Stage("a Prometheus server", prometheus, counting.python)
    yield Stage("Presidio beside us", [_python_of("Presidio"), *_UNITTEST, "Tests/Presidio"], counting.python)
    yield Stage("fuzzing", ["scripts/fuzz", "--all", "--seconds", "60"], is_one_test=True)


def _swift_tests(name: str, command: list[str]) -> Stage:
    """A run of `swift test`, counted from the report that Swift Testing writes beside the one asked for."""
    asked = REPORTS / f"{name.replace(' ', '-')}.xml"
    written = asked.with_name(f"{asked.stem}-swift-testing.xml")
    written.unlink(missing_ok=True)
    second = asked.with_name(f"{asked.stem}-alone.xml")
    found = second.with_name(f"{second.stem}-swift-testing.xml")

    def alone(test: str) -> list[str]:
        found.unlink(missing_ok=True)
        # Filters add up: the stage's own would bring all its tests back.
        plain = command[: command.index("--filter")] if "--filter" in command else command
        return [*plain, "--xunit-output", str(second), "--filter", test]

    chance = SecondChance(lambda _: counting.swift_failures(written), alone, lambda _: counting.swift(found))
    return Stage(name, [*command, "--xunit-output", str(asked)], lambda _: counting.swift(written), chance)


def _alone(command: list[str]) -> SecondChance:
    """Runs one test of `unittest discover`: its module by the file's name, the test by its own."""

    def run(test: str) -> list[str]:
        module, name = test.split(".", 1)
        return [*command, "--pattern", f"{module}.py", "-k", name]

    return SecondChance(counting.python_failures, run, counting.python)


def _python_of(folder: str) -> str:
    """The interpreter that scripts/setup has made for a folder of Tests/, by the rule in scripts/library/common.sh."""
    command = ["bash", "-c", f"source scripts/library/common.sh && environment_python {folder}"]
    found = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if found.returncode != 0:
        sys.exit("scripts/test: cannot tell where the virtual environment is; run scripts/setup")
    return found.stdout.strip()


if __name__ == "__main__":
    exit_with(main, last_words="0 passed, 1 failed")
