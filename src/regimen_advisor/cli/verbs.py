"""List the verbs: for each its module, its purpose, its line in the help, and commands to begin with.

A verb is imported when it is chosen, so that ``advise`` does not wait for what ``cohort`` or ``quiz`` needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PATIENT, CLASS, RULES, TABLE, MORE = "A patient", "A class", "The rules", "A table", "More"
GROUPS = (PATIENT, CLASS, RULES, TABLE, MORE)


@dataclass(frozen=True)
class Verb:
    """One verb. Its module in this folder has a function of the same name, or an application for a verb of verbs."""

    module: str
    group: str
    help: str
    """The first sentence of the help of the verb itself; a test holds the two to each other."""
    examples: tuple[str, ...] = ()
    """Commands as they are typed in a checkout."""


VERBS: Mapping[str, Verb] = {
    "advise": Verb(
        "advise",
        PATIENT,
        "List the options for each patient, with evidence and warnings.",
        (
            "advise profiles/egfr-l858r-after-osimertinib.yaml",
            "advise profiles/alk-untreated.yaml --all --format markdown",
        ),
    ),
    "explain": Verb(
        "explain",
        PATIENT,
        "Explain why a regimen is offered or not, and what would change it.",
        (
            "explain profiles/egfr-l858r-after-osimertinib.yaml",
            "explain profiles/squamous-driver-negative-untreated.yaml bevacizumab-carboplatin-paclitaxel",
        ),
    ),
    "map": Verb(
        "draw_map",
        PATIENT,
        "Draw the map of a clinical setting, with a patient's path.",
        ("map nsclc/later-line-egfr --profile profiles/egfr-l858r-after-osimertinib.yaml",),
    ),
    "quiz": Verb("quiz", CLASS, "Set and mark exercises on generated patients.", ("quiz --seed 7 --count 5",)),
    "lesson": Verb(
        "lesson",
        CLASS,
        "Make a teacher's sheet for each patient.",
        ("lesson profiles/nrg1-after-platinum-pemetrexed.yaml --format slides -o slides.html",),
    ),
    "page": Verb(
        "page",
        CLASS,
        "Write the teaching page: one HTML file for any browser.",
        ("page --profiles profiles", "page -o lung.html"),
    ),
    "serve": Verb("serve", CLASS, "Offer the teaching page to this computer only.", ("serve --port 0",)),
    "list": Verb(
        "list_entries",
        RULES,
        "List what the rulebook holds: studies, regimens, rules and more.",
        ("list regimens --drug bevacizumab", "list rules --setting nsclc/later-line-egfr"),
    ),
    "show": Verb(
        "show",
        RULES,
        "Show one study, regimen, drug, rule or finding whole.",
        ("show study harmoni-a", "show drug osimertinib"),
    ),
    "cite": Verb("cite", RULES, "Print the citations of studies.", ("cite flaura",)),
    "check": Verb(
        "check",
        RULES,
        "Find faults of the rulebook without any patient.",
        ("check", "check --rules mine --format markdown"),
    ),
    "test": Verb(
        "run_cases",
        RULES,
        "Run the cases: example patients with the advice expected.",
        ("test", "test tests/cases/nsclc --name bevacizumab"),
    ),
    "coverage": Verb(
        "coverage",
        RULES,
        "Say how well the cases exercise each condition of each rule.",
        ("coverage", "coverage --rule anlotinib-third-line --all"),
    ),
    "mutate": Verb(
        "mutate",
        RULES,
        "Change the rules in small ways, to see what goes unnoticed.",
        ("mutate --rule anlotinib-third-line",),
    ),
    "diff": Verb(
        "diff",
        RULES,
        "Say exactly what changed between two rulebooks.",
        ("diff", "diff main HEAD --profiles profiles --format markdown"),
    ),
    "schema": Verb(
        "schema",
        RULES,
        "Print the JSON schema of a file format or of an answer.",
        ("schema profile", "schema rule --for rules"),
    ),
    "sources": Verb("sources", RULES, "Trace figures to the text of a source, and find what is missing."),
    "init-pack": Verb(
        "init_pack", RULES, "Begin a pack: rules of a guideline of your own.", ("init-pack my-guideline",)
    ),
    "cohort": Verb("cohort", TABLE, "Say what the rules offer to every patient of a table.", ("cohort --help",)),
    "help": Verb(
        "help_topic",
        MORE,
        "Explain how conditions, profiles and the like are written.",
        ("help conditions", "help profiles"),
    ),
}
