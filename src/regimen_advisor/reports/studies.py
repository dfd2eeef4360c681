"""Write a study, an approval or a citation whole: every figure with its section, every erratum, every link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from regimen_advisor.documents.blocks import Block, Bullets, Fields, Heading, Table
from regimen_advisor.figure_wording import (
    ERRATUM_SIGN,
    CitationLabels,
    approval_words,
    by_arm,
    compared,
    endpoint_words,
    safety_words,
    signed,
)
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

_REGISTRIES = {
    "NCT": "https://clinicaltrials.gov/study/{}",
    "Jap": "https://jrct.mhlw.go.jp/",
    "UMI": "https://center6.umin.ac.jp/cgi-open-bin/ctr_e/index.cgi",
}


def study_blocks(study: Study, rulebook: Rulebook, level: int = 3) -> Iterator[Block]:
    """One study as its source reports it, with what the published record says otherwise."""
    places = CitationLabels(rulebook)
    sources = rulebook.source_names.of(place.review for place in study.cited_in)
    yield Heading(study.name, level)
    yield Fields((("Study", study.id), *_design(study, sources), *_population(study)))
    yield from _listed("Arms", [_arm_words(arm) for arm in study.arms], level)
    if study.results:
        yield Heading("Results", level + 1)
        yield Table(("Endpoint", "By arm", "Compared", "Section"), tuple(_result_rows(study, places)))
    yield from _listed("Safety", (f"{safety_words(s)} {_at(study, places, s)}" for s in study.safety), level)
    yield from _listed(f"Stated by {sources}", _findings(study, study.findings, places), level)
    limits = [*_findings(study, study.limits.stated, places)]
    limits += [f"inferred, not stated by {sources}: {finding.says}" for finding in study.limits.inferred]
    yield from _listed("Limits", limits, level)
    approvals = [rulebook.approvals[id] for id in study.approvals]
    yield from _listed(f"Approvals stated by {sources}", [approval_sentence(a, places) for a in approvals], level)
    yield from _listed("What the published record says otherwise", map(erratum_words, study.errata), level)
    yield from _listed("Citation", citation_lines(study.citation), level)


def _listed(title: str, items: Iterable[str], level: int) -> Iterator[Block]:
    shown = tuple(items)
    if shown:
        yield Heading(title, level + 1)
        yield Bullets(shown)


def _design(study: Study, sources: str) -> Iterator[tuple[str, str | None]]:
    design = design_level(study)
    level = f"OCEBM 2011 level {design.ocebm_2011}" if design.ocebm_2011 else "no OCEBM level from the design alone"
    yield "Design", f"{design.basis}; {level}{f'; {study.design.says}' if study.design.says else ''}"
    yield "Kind", study.kind.replace("-", " ")
    if study.n:
        derived = f" ({study.n.derived})" if study.n.derived else ""
        yield "Patients", f"{study.n.value}{derived}"
    yield "Primary endpoints", "; ".join(study.primary_endpoints)
    yield "Studies pooled", "; ".join(study.included_studies)
    if study.shown_benefit:
        within = f" in {study.shown_benefit.within}" if study.shown_benefit.within else ""
        yield f"Gain stated by {sources}", f"{study.shown_benefit.endpoint}{within}"


def _population(study: Study) -> Iterator[tuple[str, str | None]]:
    for name in type(study.population).model_fields:
        if name != "errata":
            yield name.replace("_", " ").capitalize(), getattr(study.population, name)


def _arm_words(arm: Arm) -> str:
    drugs = [
        " ".join(part for part in (drug.drug, drug.dose, drug.route, drug.part and f"({drug.part})") if part)
        for drug in arm.drugs
    ]
    details = "; ".join(part for part in (f"n {arm.n.value}" if arm.n else "", arm.note or "") if part)
    given = f": {' + '.join(drugs)}" if drugs else ""
    return f"{arm.name} ({arm.role}){given}{f'; {details}' if details else ''}"


def _result_rows(study: Study, places: CitationLabels) -> Iterator[tuple[str, ...]]:
    for result in study.results:
        remarks = "; ".join(part for part in (result.report, result.note) if part)
        figures = by_arm(result) + (f" ({remarks})" if remarks else "")
        follow_up = "; ".join(f"median follow-up {part.months} months ({part.of})" for part in result.follow_up)
        comparison = "; ".join(part for part in (compared(result), follow_up) if part)
        yield endpoint_words(result), figures, comparison, _at(study, places, result)


def _at(study: Study, places: CitationLabels, part: Result | Safety | StudyFinding) -> str:
    return signed(places.cite(part.source) if part.source else places.of(study.cited_in), part.errata)


def _findings(study: Study, findings: Iterable[StudyFinding], places: CitationLabels) -> Iterator[str]:
    for finding in findings:
        yield f"{finding.says} {_at(study, places, finding)}"


def erratum_words(erratum: Erratum) -> str:
    """What the source says, what the published record says, how sure that is, and what follows."""
    return (
        f"{ERRATUM_SIGN}{erratum.id}, {erratum.field}: printed: {erratum.review_says}; published: "
        f"{erratum.published_says} ({erratum.certainty}). {erratum.consequence}"
    )


def approval_sentence(approval: Approval, places: CitationLabels) -> str:
    """Who approved what for whom, as the source states it."""
    ids = [erratum.id for erratum in approval.errata]
    place = signed(places.cite(approval.source), ids)
    return f"{approval_words(approval)}: {approval.drug}, {approval.indication} {place}"


# Citation -----------------------------------------------------------------------------------------------------------


def citation_lines(citation: Citation) -> Iterator[str]:
    """The publication and its links; what is from memory says so, what is not known is left out."""
    names = ("first_author", "title", "journal", "year", "volume", "issue", "pages", "meeting_abstract")
    parts = [f"{name.replace('_', ' ')}: {_cited(field)}" for name, field in citation.fields().items() if name in names]
    if parts:
        yield "; ".join(sorted(parts, key=lambda part: names.index(part.split(":")[0].replace(" ", "_"))))
    for name in ("doi", "pmid", "pmcid", "registry"):
        field = citation.fields().get(name)
        if field is not None:
            yield f"{link(name, str(field.value))} ({_sureness(field)})"
    if citation.note:
        yield citation.note
    for related in citation.related:
        yield f"see also: {_related(related)}"


def _cited(field: Cited) -> str:
    return f"{field.value}{' (recalled)' if field.confidence == 'recalled' else ''}"


def _sureness(field: Cited) -> str:
    return f"confirmed: {field.where}" if field.where else "recalled"


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
    return ", ".join([part for part in known if part] + links) + f" ({related.confidence})"
