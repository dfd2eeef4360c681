"""The population that invented patients imitate: what is said of it, and the page with its shares and sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from regimen_advisor.files.errors import printable
from regimen_advisor.patient.population import INVENTED, LineTreatment, SyntheticPopulation, population

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
    of = population()
    patients = "patient imitates" if count == 1 else "patients imitate"
    told = (
        f"{count:,} invented {patients} {of.imitates}. Some shares are published, the others made up ({PAGE}): "
        "fit for no statement about how often anything occurs."
    )
    return f"{printable(output)}: {told}\n"


def page() -> str:
    """The reference page of the population, as markdown."""
    of = population()
    about = (
        f"`cohort --synthesise` imitates {of.imitates}. All of this is outside knowledge: none of it is from the "
        "reviews that the rules are made of, and no rule depends on it. A share that is *made up* was chosen so that "
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
        *_shares(of),
        *_acquired(of),
        *_treatments(of),
        "## Sources",
        "",
        *(f"- `{name}`: {text}" for name, text in of.sources.items()),
    ]
    return "\n".join(lines) + "\n"


def _source(source: str) -> str:
    return "*made up*" if source == INVENTED else f"`{source}`"


def _shares(of: SyntheticPopulation) -> Iterator[str]:
    yield from ("## Shares", "", "| fact | of | word | per cent | source |", "|---|---|---|---:|---|")
    for name, words in of.shares.items():
        for word, share, one in zip(words, of.weights(name), words.values(), strict=True):
            source = "*the rest*" if one.share is None else _source(one.source)
            yield f"| `{name}` | {_OF[name]} | `{word}` | {share:.4g} | {source} |"
    yield ""


def _acquired(of: SyntheticPopulation) -> Iterator[str]:
    yield from ("## Acquired variants", "", "| variant | of | per cent | source |", "|---|---|---:|---|")
    for one in of.acquired:
        who = f"patients with the driver `{one.driver}` who progressed on a line with {_either(one.after)}"
        yield f"| {one.variant} | {who} | {one.share:.4g} | {_source(one.source)} |"
    yield ""


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _treatments(of: SyntheticPopulation) -> Iterator[str]:
    order = "the driver, TPS of 50 or more, the histology"
    yield from (
        "## Treatments",
        "",
        f"All weights are made up. A patient has those of the first that fits: {order}.",
        "",
    )
    tables: Sequence[Mapping[str, Sequence[LineTreatment]]] = of.treatments
    for kind, table in zip(_KINDS, tables, strict=True):
        yield from (f"### {kind}", "", "| of | drugs | weight | maintenance |", "|---|---|---:|---|")
        for group, some in table.items():
            for one in some:
                then = " or ".join(" + ".join(words) for words in one.then)
                yield f"| `{group}` | {' + '.join(one.drugs)} | {one.weight:.4g} | {then} |"
        yield ""
