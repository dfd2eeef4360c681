"""Write the summary of the population that synthetic patients imitate, and its page of shares and sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from regimen_advisor.files.errors import printable
from regimen_advisor.patient.population import INVENTED, LineTreatment, SyntheticPopulation, population
from regimen_advisor.words.catalogue import joined

PAGE = "docs/reference/synthetic-patients.md"
_OF = {
    "disease": "all patients",
    "histology": "NSCLC",
    "driver": "adenocarcinoma, adenosquamous carcinoma, NSCLC without a subtype",
    "egfr": "patients with the driver `egfr`",
    "egfr-other": "patients with the driver `egfr-other`",
    "kras": "patients with the driver `kras`",
    "pd_l1_tps": "all patients",
    "dll3": "small cell lung cancer",
}
WIDTH = 120
_KINDS = ("First lines", "Later lines", "Treatments with curative intent")


def synthesised_as_text(count: int, output: str) -> str:
    """What was written, and whom it imitates."""
    imitated = population()
    patients = "patient imitates" if count == 1 else "patients imitate"
    sentence = (
        f"{count:,} invented {patients} {imitated.imitates}. Some shares are published, the others made up ({PAGE}): "
        "fit for no statement about how often anything occurs."
    )
    return f"{printable(output)}: {sentence}\n"


def page() -> str:
    """The reference page of the population, as markdown."""
    imitated = population()
    about = (
        f"`cohort --synthesise` imitates {imitated.imitates}. All of this is outside knowledge: none of it is from the "
        "sources that the rules are made of, and no rule depends on it. A share that is *made up* was chosen so that "
        "the rules meet somebody. What no table here names (extent, stage, performance status, numbers of lines, "
        "outcomes, metastases, features of bleeding, the 15 per cent of cells that are left out) is made up too."
    )
    lines = [
        "# Synthetic patients",
        "",
        "Generated from `patient/population.yaml`; do not edit.",
        "",
        *wrap(about, WIDTH),
        "",
        *_shares(imitated),
        *_acquired(imitated),
        *_treatments(imitated),
        "## Sources",
        "",
        *(f"- `{name}`: {text}" for name, text in imitated.sources.items()),
    ]
    return "\n".join(lines) + "\n"


def _source(source: str) -> str:
    return "*made up*" if source == INVENTED else f"`{source}`"


def _shares(imitated: SyntheticPopulation) -> Iterator[str]:
    yield from ("## Shares", "", "| fact | of | word | per cent | source |", "|---|---|---|---:|---|")
    for name, words in imitated.shares.items():
        for word, share, shared in zip(words, imitated.weights(name), words.values(), strict=True):
            source = "*the rest*" if shared.share is None else _source(shared.source)
            yield f"| `{name}` | {_OF[name]} | `{word}` | {share:.4g} | {source} |"
    yield ""


def _acquired(imitated: SyntheticPopulation) -> Iterator[str]:
    yield from ("## Acquired variants", "", "| variant | of | per cent | source |", "|---|---|---:|---|")
    for variant in imitated.acquired:
        carriers = f"patients with the driver `{variant.driver}` who progressed on a line with {_either(variant.after)}"
        yield f"| {variant.variant} | {carriers} | {variant.share:.4g} | {_source(variant.source)} |"
    yield ""


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{joined(words[:-1])} or {words[-1]}"


def _treatments(imitated: SyntheticPopulation) -> Iterator[str]:
    order = "the driver, TPS of 50 or more, the histology"
    yield from (
        "## Treatments",
        "",
        f"All weights are made up. A patient has those of the first that fits: {order}.",
        "",
    )
    tables: Sequence[Mapping[str, Sequence[LineTreatment]]] = imitated.treatments
    for kind, table in zip(_KINDS, tables, strict=True):
        yield from (f"### {kind}", "", "| of | drugs | weight | maintenance |", "|---|---|---:|---|")
        for group, treatments in table.items():
            for treatment in treatments:
                maintenance = joined((" + ".join(words) for words in treatment.then), "or")
                yield f"| `{group}` | {' + '.join(treatment.drugs)} | {treatment.weight:.4g} | {maintenance} |"
        yield ""
