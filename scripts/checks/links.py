"""links: every relative link in Markdown leads to a tracked file, and every anchor to a heading."""

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from checks.report import Finding, Outcome, counted
from checks.sources import Repository, TextFile

_FENCE = re.compile(r"^[ \t]*(```+|~~~+)")
_CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_INLINE = re.compile(r"\]\([ \t]*<?([^)\s>]+)>?(?:[ \t]+[\"'][^)]*)?[ \t]*\)")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]^]+\]:[ \t]*<?([^\s>]+)")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_NAMED = re.compile(r"<a[ \t]+(?:name|id)=[\"']([^\"']+)[\"']")
_ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def inspect(repository: Repository) -> Outcome:
    """Links to other sites are not followed: the gate needs no network."""
    documents = [file for file in repository.texts.values() if file.path.endswith(".md")]
    folders = {"/".join(path.split("/")[:depth]) for path in repository.paths for depth in range(path.count("/") + 1)}
    findings, links = [], 0
    for document in documents:
        for line, target in _links(document):
            links += 1
            problem = _problem(repository, folders, document, target)
            if problem:
                mend = "correct the link, or add what it leads to"
                findings.append(Finding(document.path, line, f"the link `{target}` {problem}", mend))
    return Outcome(f"{counted(links, 'link')} in {counted(len(documents), 'document')}", findings)


def _prose(document: TextFile) -> Iterator[tuple[int, str]]:
    """The numbered lines outside fenced code."""
    fence = ""
    for number, line in enumerate(document.lines, start=1):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        elif not fence:
            yield number, line


def _links(document: TextFile) -> Iterator[tuple[int, str]]:
    for number, line in _prose(document):
        text = _CODE_SPAN.sub(lambda span: " " * len(span[0]), line)
        for found in [*_INLINE.finditer(text), *_REFERENCE.finditer(text)]:
            if not _ELSEWHERE.match(found[1]):
                yield number, found[1]


def _problem(repository: Repository, folders: set[str], document: TextFile, target: str) -> str | None:
    path, _, anchor = unquote(target).partition("#")
    base = "" if path.startswith("/") else posixpath.dirname(document.path)
    place = posixpath.normpath(posixpath.join(base, path.lstrip("/"))) if path else document.path
    place = "" if place == "." else place
    if place in folders:
        return None
    if place not in repository.texts:
        return None if place in repository.paths else "leads to no tracked file"
    if anchor and place.endswith(".md") and anchor.lower() not in _anchors(repository.texts[place]):
        return f"names no heading of {place}"
    return None


def _anchors(document: TextFile) -> set[str]:
    """The anchors that GitHub makes: lower case, punctuation dropped, spaces to hyphens, repeats numbered."""
    anchors: set[str] = set()
    for _, line in _prose(document):
        anchors.update(name.lower() for name in _NAMED.findall(line))
        heading = _HEADING.match(line)
        if heading:
            slug = stem = slug_of(heading[1])
            repeat = 0
            while slug in anchors:
                repeat += 1
                slug = f"{stem}-{repeat}"
            anchors.add(slug)
    return anchors


def slug_of(heading: str) -> str:
    """One heading's anchor, before repeats are numbered."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    text = re.sub(r"<[^>]*>", "", text).replace("`", "").replace("*", "")
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
