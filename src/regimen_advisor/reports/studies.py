"""Write a study, an approval or a citation whole: every figure with its section, every erratum, every link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from regimen_advisor.documents.blocks import Block, Bullets, Fields, Heading, Table
from regimen_advisor.figure_wording import (
    ERRATUM_SIGN,
    approval_words,
    by_arm,
    compared,
    endpoint_words,
    safety_words,
    signed,
)
from regimen_advisor.knowledge.citation_labels import CitationLabels
from regimen_advisor.knowledge.evidence import (
    Approval,
    Arm,
    Citation,
    Cited,
    Erratum,
    Study,
    StudyFinding,
    design_level,
)
from regimen_advisor.knowledge.figures import Result, Safety
from regimen_advisor.knowledge.publications import RelatedPublication
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.words.catalogue import CATALOGUE, joined, say

_REGISTRIES = {
    "NCT": "https://clinicaltrials.gov/study/{}",
    "Jap": "https://jrct.mhlw.go.jp/",
    "UMI": "https://center6.umin.ac.jp/cgi-open-bin/ctr_e/index.cgi",
}


def study_blocks(study: Study, rulebook: Rulebook, level: int = 3) -> Iterator[Block]:
    """One study as its source reports it, with what the published record says otherwise."""
    places = rulebook.citations
    sources = rulebook.source_names.of(place.review for place in study.cited_in)
    yield Heading(study.name, level)
    yield Fields(((say("study.id"), study.id), *_design(study, sources), *_population(study)))
    yield from _listed(say("study.arms"), [_arm_words(arm) for arm in study.arms], level)
    if study.results:
        yield Heading(say("study.results"), level + 1)
        columns = (say("study.endpoint"), say("study.by_arm"), say("study.compared"), say("study.section"))
        yield Table(columns, tuple(_result_rows(study, places)))
    yield from _listed(say("study.safety"), (f"{safety_words(s)} {_at(study, places, s)}" for s in study.safety), level)
    yield from _listed(say("study.findings", sources=sources), _findings(study, study.findings, places), level)
    limits = [*_findings(study, study.limits.stated, places)]
    limits += [say("study.inferred", sources=sources, finding=finding.says) for finding in study.limits.inferred]
    yield from _listed(say("study.limits"), limits, level)
    approvals = [approval_sentence(rulebook.approvals[id], places) for id in study.approvals]
    yield from _listed(say("study.approvals", sources=sources), approvals, level)
    yield from _listed(say("study.errata"), map(erratum_words, study.errata), level)
    yield from _listed(say("study.citation"), citation_lines(study.citation), level)


def _listed(title: str, items: Iterable[str], level: int) -> Iterator[Block]:
    shown = tuple(items)
    if shown:
        yield Heading(title, level + 1)
        yield Bullets(shown)


def _design(study: Study, sources: str) -> Iterator[tuple[str, str | None]]:
    design = design_level(study)
    level = say("study.level", level=design.ocebm_2011) if design.ocebm_2011 else say("study.no_level")
    basis = say("study.basis", basis=design.basis, level=level)
    if study.design.says:
        basis = say("study.basis_and_more", basis=design.basis, level=level, more=study.design.says)
    yield say("study.design"), basis
    yield say("study.kind"), say(f"study_kind.{study.kind}")
    if study.n:
        number, derived = study.n.value, study.n.derived
        yield say("study.patients"), say("study.derived", number=number, derived=derived) if derived else str(number)
    yield say("study.primary_endpoints"), joined(study.primary_endpoints, "lists")
    yield say("study.pooled"), joined(study.included_studies, "lists")
    if study.shown_benefit:
        endpoint, within = study.shown_benefit.endpoint, study.shown_benefit.within
        gain = say("study.gain_within", endpoint=endpoint, within=within) if within else endpoint
        yield say("study.gain", sources=sources), gain


def _population(study: Study) -> Iterator[tuple[str, str | None]]:
    for name in type(study.population).model_fields:
        if name != "errata":
            yield say(f"population.{name}"), getattr(study.population, name)


def _arm_words(arm: Arm) -> str:
    drugs = [
        " ".join(part for part in (drug.drug, drug.dose, drug.route, drug.part and f"({drug.part})") if part)
        for drug in arm.drugs
    ]
    words = say("study.arm", name=arm.name, role=say(f"arm_role.{arm.role}"))
    if drugs:
        words = say("study.arm_drugs", arm=words, drugs=" + ".join(drugs))
    patients = say("figure.patients", number=arm.n.value) if arm.n else ""
    return joined((part for part in (words, patients, arm.note) if part), "lists")


def _result_rows(study: Study, places: CitationLabels) -> Iterator[tuple[str, ...]]:
    for result in study.results:
        several = say("between.lists")
        remarks = several.join(part for part in (result.report, result.note) if part)
        figures = by_arm(result)
        if remarks:
            figures = say("study.result_remarks", figures=figures, remarks=remarks)
        follow_up = (say("study.follow_up", months=part.months, arm=part.of) for part in result.follow_up)
        comparison = several.join(part for part in (compared(result), *follow_up) if part)
        yield endpoint_words(result), figures, comparison, _at(study, places, result)


def _at(study: Study, places: CitationLabels, part: Result | Safety | StudyFinding) -> str:
    return signed(places.cite(part.source) if part.source else places.of(study.cited_in), part.errata)


def _findings(study: Study, findings: Iterable[StudyFinding], places: CitationLabels) -> Iterator[str]:
    for finding in findings:
        yield f"{finding.says} {_at(study, places, finding)}"


def erratum_words(erratum: Erratum) -> str:
    """What the source says, what the published record says, how certain that is, and what follows."""
    return say(
        "study.erratum",
        sign=ERRATUM_SIGN,
        id=erratum.id,
        field=erratum.field,
        printed=erratum.review_says,
        published=erratum.published_says,
        certainty=erratum.certainty,
        consequence=erratum.consequence,
    )


def approval_sentence(approval: Approval, places: CitationLabels) -> str:
    """Who approved what for whom, as the source states it."""
    ids = [erratum.id for erratum in approval.errata]
    place = signed(places.cite(approval.source), ids)
    return say(
        "study.approval",
        agency=approval_words(approval),
        drug=approval.drug,
        indication=approval.indication,
        place=place,
    )


# Citation -----------------------------------------------------------------------------------------------------------


def citation_lines(citation: Citation) -> Iterator[str]:
    """The publication and its links; what is from memory says so, what is not known is left out."""
    known = citation.fields()
    parts = [
        say("study.citation_part", name=words, value=_cited(known[name]))
        for name, words in CATALOGUE.room("citation").items()
        if name in known
    ]
    if parts:
        yield joined(parts, "lists")
    for name in ("doi", "pmid", "pmcid", "registry"):
        field = citation.fields().get(name)
        if field is not None:
            yield say("study.link", link=link(name, str(field.value)), certainty=_sureness(field))
    if citation.note:
        yield citation.note
    for related in citation.related:
        yield say("study.see_also", publication=_related(related))


def _cited(field: Cited) -> str:
    return say("study.recalled", value=field.value) if field.confidence == "recalled" else str(field.value)


def _sureness(field: Cited) -> str:
    return say("study.confirmed", where=field.where) if field.where else say("study.from_memory")


def link(name: str, value: str) -> str:
    """The address of a DOI, a PubMed or PubMed Central number, or a trial registration."""
    match name:
        case "doi":
            return f"https://doi.org/{value}"
        case "pmid":
            return f"https://pubmed.ncbi.nlm.nih.gov/{value}/"
        case "pmcid":
            return f"https://pmc.ncbi.nlm.nih.gov/articles/{value}/"
        case _:
            address = _REGISTRIES[value[:3]]
            return address.format(value) if "{}" in address else f"{value}, {address}"


def _related(related: RelatedPublication) -> str:
    known = (related.first_author, related.what, related.journal, str(related.year or ""), related.meeting)
    links = [link(name, value) for name in ("doi", "pmid", "registry") if (value := getattr(related, name))]
    return joined([part for part in known if part] + links) + f" ({related.confidence})"
