"""Read alterations as laboratories write them: ``p.Leu858Arg``, ``exon 19 deletion``, ``KRAS p.G12C``, ``METex14``.

Protein changes are parsed by ``mavehgvs``, after brackets are stripped and one-letter codes are written out. A
change that a profile has no word for is left as it is written, so that the cell is refused and counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LETTERS: Mapping[str, str] = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E", "Gly": "G", "His": "H",
    "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F", "Pro": "P", "Ser": "S", "Thr": "T", "Trp": "W",
    "Tyr": "Y", "Val": "V",
}  # fmt: skip
_THREE: Mapping[str, str] = {letter: three for three, letter in _LETTERS.items()}
_RESIDUE = "[ACDEFGHIKLMNPQRSTVWY]"
_LONG = re.compile("(" + "|".join(_LETTERS) + r")(?=\d|_|del|ins|dup|>|$|[A-Z])")
_CHANGE = re.compile(
    rf"(?P<place>{_RESIDUE}\d+(?:_{_RESIDUE}\d+)?)"
    rf"(?:(?P<to>{_RESIDUE})|(?:delins|>)(?P<put>{_RESIDUE}+)|del(?P<gone>{_RESIDUE}*)|dup(?P<again>{_RESIDUE}*)"
    rf"|ins(?P<new>{_RESIDUE}+))"
)
"""A change in one-letter codes, as HGVS has it or with the residues that were lost or doubled written out."""
_EX19DEL = re.compile(r"(?:ex(?:on)?|e)?19del(?:etions?)?|del(?:etions?)?(?:in)?(?:ex(?:on)?|e)?19")
_EX20INS = re.compile(r"(?:ex(?:on)?|e)?20ins(?:ertions?)?|ins(?:ertions?)?(?:in)?(?:ex(?:on)?|e)?20")
_NAMED = ("L858R", "T790M", "S768I", "L861Q", "C797S")
_DELETED, _INSERTED = (729, 761), (761, 775)
"""The codons in which a net loss is an exon 19 deletion, and a net gain an exon 20 insertion."""
_DRIVERS: Mapping[re.Pattern[str], str] = {
    re.compile(r"(?:met)?ex(?:on)?14(?:skipping)?(?:mutation|alteration|variant)?"): "MET-ex14",
    re.compile(r"(?:her2|erbb2)mutation"): "HER2",
    re.compile(r"ret(?:fusion|rearrangement)"): "RET",
    re.compile(r"ntrk[123]?(?:fusion|rearrangement)"): "NTRK",
}


def egfr_variant(text: str) -> str | None:
    """The word of a profile for a variant of EGFR; ``None`` where the text says none of them exactly."""
    change = _bare(re.sub(r"^EGFR[\s:]+", "", text.strip(), flags=re.IGNORECASE))
    spelled = re.sub(r"[\s\-_.]+", "", change).casefold()
    if _EX19DEL.fullmatch(spelled):
        return "ex19del"
    if _EX20INS.fullmatch(spelled):
        return "ex20ins"
    found = _CHANGE.fullmatch(_short(change))
    return _by_codon(found) if found else None


def other_driver(text: str) -> str | None:
    """The word of a profile for another driver; ``None`` where the text says none of them exactly."""
    gene, _, change = text.strip().partition(" ")
    point = f"{gene.upper()}-{_short(_bare(change)).upper()}"
    if point in {"KRAS-G12C", "BRAF-V600E"}:
        return point
    spelled = re.sub(r"[\s\-_]+", "", text).casefold()
    return next((word for pattern, word in _DRIVERS.items() if pattern.fullmatch(spelled)), None)


def without_frame(text: str) -> str:
    """The changes of one allele without ``p.[...]`` around them."""
    framed = re.fullmatch(r"(?:EGFR\s+)?p\.\[(.*)\]", text.strip(), re.IGNORECASE)
    return framed[1] if framed else text


def _bare(change: str) -> str:
    """A protein change without ``p.`` and the brackets of a predicted one."""
    change = re.sub(r"^p\.\s*", "", change.strip())
    inner = re.fullmatch(r"\((.*)\)", change)
    return inner[1] if inner else change


def _short(change: str) -> str:
    """One letter a residue; a point mutation in small letters is one in capitals."""
    if re.fullmatch(r"[a-z]\d+[a-z]", change):
        return change.upper()
    return _LONG.sub(lambda found: _LETTERS[found[1]], change)


def _by_codon(found: re.Match[str]) -> str | None:
    """The word for a change of EGFR by where it is and how many residues are gained or lost."""
    from mavehgvs import MaveHgvsParseError, Variant  # noqa: PLC0415 - slow to load, and most cells are plain words

    try:
        variant: Any = Variant(_in_hgvs(found))
    except MaveHgvsParseError:
        return None
    places = variant.positions if isinstance(variant.positions, tuple) else (variant.positions,)
    start, end = places[0].position, places[-1].position
    if variant.variant_type == "sub":
        first, gained = variant.sequence
        return _substitution(_LETTERS[first], start, _LETTERS[gained])
    span = end - start + 1
    written = found["gone"] or found["again"]
    if written and len(written) != span:  # the residues written out are not as many as the codons
        return None
    put = len(variant.sequence or "") // 3
    gain = {"del": -span, "dup": span, "ins": put, "delins": put - span}[variant.variant_type]
    if gain < 0 and _DELETED[0] <= start and end <= _DELETED[1]:
        return "ex19del"
    if gain > 0 and _INSERTED[0] <= start and end <= _INSERTED[1]:
        return "ex20ins"
    return None


def _in_hgvs(found: re.Match[str]) -> str:
    """A change as the recommendations of HGVS write it, three letters a residue."""
    put, new = found["put"], found["new"]
    change = found["to"] or (
        f"delins{put}" if put else f"ins{new}" if new else "del" if found["gone"] is not None else "dup"
    )
    codes = re.sub(_RESIDUE, lambda residue: _THREE[residue[0]], f"{found['place']}{change}")
    return f"p.{codes}"


def _substitution(first: str, codon: int, gained: str) -> str | None:
    change = f"{first}{codon}{gained}"
    if change in _NAMED:
        return change
    return "G719X" if first == "G" and codon == 719 and gained != "G" else None
