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
_DEFINITION = re.compile(r"^ {0,3}\[([^\]^][^\]]*)\]:[ \t]*<?([^\s>]+)")
_LABEL = r"\]\[((?!\^)[^\[\]]*)\]"
#: An image's text and label; it may stand inside the text of a link.
_IMAGE_USE = re.compile(rf"!\[([^\[\]]*){_LABEL}")
#: A link's; its text may have begun on the line above. `a[i][j]` is prose.
_LINK_USE = re.compile(rf"(?:(?<![\w\]\\!])\[([^\[\]]*)|^([^\[\]]*)){_LABEL}")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_NAMED = re.compile(r"<a[ \t]+(?:name|id)=[\"']([^\"']+)[\"']")
_ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def inspect(repository: Repository) -> Outcome:
    """Links to other sites are not followed: the gate needs no network."""
    documents = [file for file in repository.texts.values() if file.path.endswith(".md")]
    folders = {"/".join(path.split("/")[:depth]) for path in repository.paths for depth in range(path.count("/") + 1)}
    findings, links = [], 0
    for document in documents:
        findings += _dangling(document)
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


def _without_code(line: str) -> str:
    return _CODE_SPAN.sub(lambda span: " " * len(span[0]), line)


def _links(document: TextFile) -> Iterator[tuple[int, str]]:
    for number, line in _prose(document):
        text = _without_code(line)
        definition = _DEFINITION.match(line)
        for target in [*(found[1] for found in _INLINE.finditer(text)), *([definition[2]] if definition else [])]:
            if not _ELSEWHERE.match(target):
                yield number, target


def _dangling(document: TextFile) -> Iterator[Finding]:
    """Uses `[text][label]` and `[label][]` of a label that the document does not define."""
    prose = list(_prose(document))
    defined = {_folded(found[1]) for _, line in prose if (found := _DEFINITION.match(line))}
    for number, line in prose:
        for label in _labels(line):
            if _folded(label) not in defined:
                mend = f"add the line `[{label}]: PATH`, or write the path in parentheses"
                yield Finding(document.path, number, f"the label `[{label}]` is not defined", mend)


def _labels(line: str) -> Iterator[str]:
    """The labels that a line uses: brackets are looked for outside code, labels may be code themselves."""
    text = _without_code(line)
    for pattern in (_IMAGE_USE, _LINK_USE):
        for found in pattern.finditer(text):
            label = line[slice(*found.span(pattern.groups))]
            yield label or line[slice(*found.span(1))]
        text = pattern.sub(lambda use: " " * len(use[0]), text)


def _folded(label: str) -> str:
    """Labels are compared without case and without regard to the width of white space."""
    return " ".join(label.split()).casefold()


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
