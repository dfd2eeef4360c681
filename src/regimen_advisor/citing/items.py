"""Build CSL-JSON items for studies, only from what is recorded of their publications.

A field that is not known is left out; one that is from memory is named in the ``note`` of its item. The study is
always named by ``title-short``, so that an item whose publication is not known still has a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from regimen_advisor.advice import Advice
from regimen_advisor.files.errors import InputError, Location, Problem, did_you_mean
from regimen_advisor.knowledge.evidence import Citation, RelatedPublication, Study
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.studies import Review
from regimen_advisor.words.catalogue import joined, say

Item = dict[str, Any]
"""One item of CSL-JSON: plain data, keys in a fixed order."""

_VARIABLES = {
    "title": "title",
    "journal": "container-title",
    "volume": "volume",
    "issue": "issue",
    "pages": "page",
    "meeting_abstract": "event-title",
    "doi": "DOI",
    "pmid": "PMID",
    "pmcid": "PMCID",
}
"""CSL variables by our fields; author and date are built, a registration is in the note."""
_NAMES = {"doi": "DOI", "pmid": "PMID", "pmcid": "PMCID", "registry": say("cited.registration")}
_INITIALS = re.compile(r"^(?P<family>[^()]+) (?P<given>[A-Z]{1,4})$")


def chosen(ids: Sequence[str], rulebook: Rulebook) -> tuple[Study, ...]:
    """The studies with these ids or names, each once, in the order asked for; without any, all studies.

    Raises ``InputError`` with every unknown one and the nearest that is known.
    """
    if not ids:
        return tuple(rulebook.studies.values())
    known = {text.casefold(): study for study in rulebook.studies.values() for text in (study.name, study.id)}
    problems = [
        Problem(Location("cite"), say("cite_error.unknown", study=id), did_you_mean(id, rulebook.studies))
        for id in ids
        if id.casefold() not in known
    ]
    if problems:
        raise InputError(problems)
    found = {known[id.casefold()].id: known[id.casefold()] for id in ids}
    return tuple(found.values())


def behind(advices: Iterable[Advice], rulebook: Rulebook) -> tuple[Study, ...]:
    """The studies behind the options offered (with or without caution), each once, in the order of the advice."""
    offered = (option for advice in advices for option in advice.options if option.standing.is_offered)
    ids = [study for option in offered for study in option.studies]
    return tuple(rulebook.studies[id] for id in dict.fromkeys(ids))


def item_of(study: Study, sources: Mapping[str, Review]) -> Item:
    """One study as a CSL-JSON item, with where ``sources`` report it. Its id is the id of the study."""
    citation = study.citation
    item: Item = {"id": study.id, "type": _type(citation), "title-short": study.name}
    if citation.first_author:
        item["author"] = [_author(citation.first_author.value)]
    if citation.year:
        item["issued"] = {"date-parts": [[citation.year.value]]}
    fields = citation.fields()
    item |= {variable: str(fields[name].value) for name, variable in _VARIABLES.items() if name in fields}
    return item | {"note": " ".join(_remarks(study, sources))}


def _type(citation: Citation) -> str:
    if citation.journal:
        return "article-journal"
    return "paper-conference" if citation.meeting_abstract else "document"


def _author(name: str) -> dict[str, str]:
    """``Passaro A`` in its parts; a group of authors as it is written."""
    parts = _INITIALS.match(name)
    if parts is None:
        return {"literal": name}
    return {"family": parts["family"], "given": " ".join(f"{initial}." for initial in parts["given"])}


# The note of a citation: what no field holds ----------------------------------------------------------------------


def recalled(citation: Citation) -> list[str]:
    """The fields that are from memory and not confirmed in a stored public text, in words."""
    fields = citation.fields().items()
    return [_NAMES.get(name, name.replace("_", " ")) for name, field in fields if field.confidence == "recalled"]


def stated_in(study: Study, sources: Mapping[str, Review]) -> str:
    """Where the sources speak of the study: ``the made-up review, 3.1 (reference 17)``."""
    places = []
    for place in study.cited_in:
        words = say("cited.place", source=_called(sources[place.review]), sections=joined(place.sections))
        if references := place.references:
            words = say("cited.referenced", place=words, count=len(references), references=joined(references))
        places.append(words)
    return joined(places, "lists")


def _called(source: Review) -> str:
    """The key of a source with what sort of text it is, unless the key says so: ``the invented-consensus``."""
    words = source.key.split("-")
    return (
        say("cited.source", key=source.key)
        if set(source.kind.split()) & set(words)
        else say("cited.source_of_kind", key=source.key, kind=source.kind)
    )


def is_published(item: Item) -> bool:
    """Whether the title of the publication is known, so that a reader can find it by more than its number."""
    return "title" in item


def _remarks(study: Study, sources: Mapping[str, Review]) -> Iterator[str]:
    citation = study.citation
    if not citation.title:
        yield say("cited.no_title")
    if from_memory := recalled(citation):
        yield say("cited.recalled", fields=joined(from_memory))
    if citation.first_author:
        yield say("cited.only_first")
    if citation.registry:
        yield say("cited.registry", number=citation.registry.value)
    for name, field in citation.fields().items():
        if field.errata:
            yield say("cited.erratum", field=name.replace("_", " "), errata=joined(field.errata))
    yield say("cited.stated_in", places=stated_in(study, sources))
    if citation.note:
        yield citation.note
    yield from (say("cited.related", publication=_related(related)) for related in citation.related)


def _related(related: RelatedPublication) -> str:
    volume = f"{related.volume or ''}{f'({related.issue})' if related.issue else ''}"
    doi = say("cited.doi", number=related.doi) if related.doi else None
    year = str(related.year) if related.year else None
    parts = (related.first_author, related.journal, year, volume or None, related.pages, doi, related.meeting)
    known = joined(part for part in parts if part)
    return f"{related.what.rstrip('.')}{f': {known}' if known else ''} ({related.confidence})"
