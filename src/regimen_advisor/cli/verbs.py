"""List the verbs: for each its module, its purpose, its line in the help, and commands to begin with.

A verb is imported when it is chosen, so that ``advise`` does not wait for what ``cohort`` or ``quiz`` needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regimen_advisor.words.catalogue import say

PATIENT, CLASS, RULES, TABLE, MORE = "patient", "class", "rules", "table", "more"
GROUPS = (PATIENT, CLASS, RULES, TABLE, MORE)


@dataclass(frozen=True)
class Verb:
    """One verb. Its module in this folder has a function of the same name, or an application for a verb of verbs."""

    module: str
    group: str
    """An entry of the room ``verb_group``."""
    purpose: str
    """The key of the first sentence of the help of the verb, which is its line in the list."""
    examples: tuple[str, ...] = ()
    """Commands as they are typed in a checkout."""

    @property
    def help(self) -> str:
        """What the verb is for, in one sentence."""
        return say(self.purpose)


VERBS: Mapping[str, Verb] = {
    "advise": Verb(
        "advise",
        PATIENT,
        "verb.advise",
        (
            "advise profiles/egfr-l858r-after-osimertinib.yaml",
            "advise profiles/alk-untreated.yaml --all --format markdown",
        ),
    ),
    "explain": Verb(
        "explain",
        PATIENT,
        "verb.explain",
        (
            "explain profiles/egfr-l858r-after-osimertinib.yaml",
            "explain profiles/squamous-driver-negative-untreated.yaml bevacizumab-carboplatin-paclitaxel",
        ),
    ),
    "map": Verb(
        "draw_map",
        PATIENT,
        "verb.map",
        ("map nsclc/later-line-egfr --profile profiles/egfr-l858r-after-osimertinib.yaml",),
    ),
    "quiz": Verb("quiz", CLASS, "verb.quiz", ("quiz --seed 7 --count 5",)),
    "lesson": Verb(
        "lesson",
        CLASS,
        "verb.lesson",
        ("lesson profiles/nrg1-after-platinum-pemetrexed.yaml --format slides -o slides.html",),
    ),
    "page": Verb(
        "page",
        CLASS,
        "verb.page",
        ("page --profiles profiles", "page -o lung.html"),
    ),
    "serve": Verb("serve", CLASS, "verb.serve", ("serve --port 0",)),
    "list": Verb(
        "list_entries",
        RULES,
        "verb.list",
        ("list regimens --drug bevacizumab", "list rules --setting nsclc/later-line-egfr"),
    ),
    "show": Verb(
        "show",
        RULES,
        "verb.show",
        ("show study harmoni-a", "show drug osimertinib"),
    ),
    "cite": Verb("cite", RULES, "verb.cite", ("cite flaura",)),
    "check": Verb(
        "check",
        RULES,
        "verb.check",
        ("check", "check --rules mine --format markdown"),
    ),
    "test": Verb(
        "run_cases",
        RULES,
        "verb.test",
        ("test", "test tests/cases/nsclc --name bevacizumab"),
    ),
    "coverage": Verb(
        "coverage",
        RULES,
        "verb.coverage",
        ("coverage", "coverage --rule anlotinib-third-line --all"),
    ),
    "mutate": Verb(
        "mutate",
        RULES,
        "verb.mutate",
        ("mutate --rule anlotinib-third-line",),
    ),
    "diff": Verb(
        "diff",
        RULES,
        "verb.diff",
        ("diff", "diff main HEAD --profiles profiles --format markdown"),
    ),
    "schema": Verb(
        "schema",
        RULES,
        "verb.schema",
        ("schema profile", "schema rule --for rules"),
    ),
    "sources": Verb("sources", RULES, "verb.sources"),
    "init-pack": Verb("init_pack", RULES, "verb.init-pack", ("init-pack my-guideline", "init-pack tutorial --example")),
    "cohort": Verb("cohort", TABLE, "verb.cohort", ("cohort --help",)),
    "help": Verb(
        "help_topic",
        MORE,
        "verb.help",
        ("help conditions", "help profiles"),
    ),
}
