"""Random conditions, patients and rulebooks for every test that compares engines.

Two kinds of the same things: functions of a ``random.Random``, for large counted runs, and Hypothesis strategies, which
shrink what they find. Drugs and variants are few, so that conditions and patients meet.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, get_args

from hypothesis import strategies as st

from regimen_advisor.files.errors import InputError, Location
from regimen_advisor.guideline import Guideline
from regimen_advisor.knowledge.findings import Finding
from regimen_advisor.knowledge.publications import Source, Sources
from regimen_advisor.knowledge.regimens import Component, Regimen, Target
from regimen_advisor.knowledge.rulebook import Rulebook
from regimen_advisor.knowledge.rules import CautionKind, Effect, Rule, Setting
from regimen_advisor.language.conditions import AllOf, AnyOf, Condition, Leaf, Named, Not
from regimen_advisor.language.standings import Standing
from regimen_advisor.language.values import Atom, Between, Choice, Facts, Includes, Is, Members, Number, Value
from regimen_advisor.patient.facts import ChoiceFact, Domain, Fact, NumberFact, SetFact
from regimen_advisor.patient.profile import Profile
from regimen_advisor.patient.reading import Patient, read
from regimen_advisor.solving.witness import witness
from small_rulebooks import SOURCES

DRUGS = ("osimertinib", "gefitinib", "carboplatin", "pemetrexed", "pembrolizumab", "bevacizumab", "tarlatamab")
CLASSES = ("egfr-tki-3g", "egfr-tki", "platinum", "chemotherapy", "ici", "antiangiogenic")
EGFR = ("ex19del", "L858R", "T790M", "ex20ins")
NUMBERS = {
    "ecog": (0, 1, 2, 3),
    "pd_l1_tps": (0, 1, 49, 50, 100),
    "prior_lines": (0, 1, 2, 3),
    "last_cycles": (0, 4, 6),
    "platinum_free_interval": (0, 3, 6, 9),
}
"""Where thresholds and patients lie: near each other often enough that both sides of a threshold occur."""
ANYWHERE = Location("generated")
SOURCE = Sources(Source(review=SOURCES[0], section="1"))
SETTINGS = {name: Setting(f"{name}/generated", "Generated", name, "generated") for name in ("nsclc", "sclc")}


# Streams of chance -------------------------------------------------------------------------------------------------


def streams(random: Random) -> Callable[[str], Random]:
    """A stream of chance for each fact by its name: what is drawn of one shifts no other, whatever facts there are."""
    seed = random.getrandbits(64)
    return lambda name: Random(f"{seed} {name}")


def drawn(random: Random, names: Iterable[str], count: int = 1) -> list[str]:
    """Some of these names by lot. A further name takes the place of one of them or changes nothing."""
    seed = random.getrandbits(64)
    return sorted(names, key=lambda name: hashlib.blake2b(f"{seed} {name}".encode(), digest_size=8).digest())[:count]


# Conditions --------------------------------------------------------------------------------------------------------


def words_of(fact: SetFact) -> tuple[str, ...]:
    """The members of a set fact that generated conditions test."""
    if fact.name == "egfr":
        return (*EGFR, fact.empty_word)
    return (*(fact.members if len(fact.members) < 10 else (*DRUGS, *CLASSES)), fact.empty_word)


def thresholds_of(fact: NumberFact) -> tuple[int, ...]:
    """Where generated conditions cut a number."""
    return NUMBERS.get(fact.name, (fact.low, (fact.low + fact.high) // 2, fact.high))


def random_atom(random: Random, domain: Domain) -> Atom:
    """A test of a random fact of ``domain``."""
    return atom_over(random, domain.facts[drawn(random, domain.facts)[0]])


def atom_over(random: Random, fact: Fact) -> Atom:
    """A test of a fact, which may be true and may be false."""
    match fact:
        case ChoiceFact():
            return Is(fact.name, frozenset(random.sample(fact.domain, random.randint(1, len(fact.domain) - 1))))
        case NumberFact():
            low, high = sorted(random.choices(thresholds_of(fact), k=2))
            low, high = random.choice([(low, high), (low, fact.high), (fact.low, high)])
            return Between(fact.name, low, high)
        case SetFact():
            return Includes(fact.name, random.choice(words_of(fact)))


def random_condition(
    random: Random,
    domain: Domain,
    findings: Mapping[str, Condition] | None = None,
    depth: int = 3,
    *,
    empties: bool = True,
) -> Condition:
    """A condition of the full language: nested, with findings by name and, unless asked otherwise, empty parts."""
    kind = random.choices(("leaf", "all", "any", "not", "named"), (4, 3, 3, 2, 2))[0]
    if kind == "named" and findings:
        name = random.choice(list(findings))
        return Named(name, findings[name])
    if depth == 0 or kind in ("leaf", "named"):
        return Leaf(random_atom(random, domain))
    if kind == "not":
        return Not(random_condition(random, domain, findings, depth - 1, empties=empties))
    few = random.choices((0, 1, 2, 3, 4), (1 if empties else 0, 2, 8, 6, 3))[0]
    parts = tuple(random_condition(random, domain, findings, depth - 1, empties=empties) for _ in range(few))
    return AllOf(parts) if kind == "all" else AnyOf(parts)


def random_findings(random: Random, domain: Domain, few: int = 4, *, empties: bool = True) -> dict[str, Condition]:
    """Named conditions; a later one may test an earlier one."""
    found: dict[str, Condition] = {}
    for index in range(few):
        found[f"finding-{index}"] = random_condition(random, domain, found, 2, empties=empties)
    return found


def written(condition: Condition) -> dict[str, Any]:
    """The condition as a rule file would say it; empty conjunctions and disjunctions cannot be written."""
    match condition:
        case Leaf(atom=Is(fact=fact, values=values)):
            return {fact: sorted(values)}
        case Leaf(atom=Between(fact=fact, low=low, high=high)):
            return {fact: {"at_least": low, "at_most": high}}
        case Leaf(atom=Includes(fact=fact, member=member)):
            return {fact: {"includes": member}}
        case Named(name=name):
            return {name: True}
        case Not(part=part):
            return {"not": written(part)}
        case AllOf(parts=parts):
            return {"all": [written(part) for part in parts]}
        case AnyOf(parts=parts):
            return {"any": [written(part) for part in parts]}


# Patients ----------------------------------------------------------------------------------------------------------


def random_profile(
    random: Random,
    known: float = 0.45,
    treatments: Sequence[str] = (*DRUGS, *DRUGS, *CLASSES),
    domain: Domain | None = None,
) -> dict[str, Any]:
    """A profile as a person would write it, each key with probability ``known``; it may contradict itself.

    Each fact is drawn from a stream of its own, and those of ``domain`` that are not listed here as they are declared.
    """
    stream = streams(random)
    disease = stream("disease of the patient").choices(("nsclc", "sclc"), (3, 1))[0]
    nsclc = disease == "nsclc"
    choices: dict[str, Any] = {
        "disease": [disease],
        "histology": ["adenocarcinoma", "squamous", "adenosquamous"] if nsclc else ["small-cell"],
        "stage": ["IA", "III", "IIIB", "IV", "IVB", "IVA"],
        "extent": ["early", "locally-advanced", "metastatic", "metastatic"] if nsclc else ["limited", "extensive"],
        "curative_treatment_possible": [True, False, False],
        "ecog": [0, 1, 2, 3, {"at_most": 1}, {"at_least": 1, "below": 4}],
        "egfr": [
            "wild-type", "positive", ["ex19del"], ["L858R", "T790M"], ["ex20ins"],
            {"found": ["L858R"]}, {"not_found": ["T790M", "ex20ins"]}, {"found": ["ex19del"], "not_found": ["L858R"]},
        ],
        **{key: ["positive", "negative", "negative"] for key in ("alk", "ros1", "nrg1", "dll3")},
        "pd_l1_tps": [0, 1, 49, 50, 100, "<1", "1-49", ">=50", {"at_least": 1}],
        "other_drivers": ["none", ["HER2"], ["RET", "NTRK"], {"found": ["KRAS-G12C"]}, {"not_found": ["HER2"]}],
        "brain_metastases": [False, False, True, "treated", "active"],
        "liver_metastases": [True, False],
        "comorbidities": ["none", [], ["proteinuria"], {"found": ["anticoagulation"]}, {"not_found": ["proteinuria"]}],
        "bleeding_risk": ["none", [], ["cavitation"], {"found": ["central"]}, {"not_found": ["necrosis"]}],
    }  # fmt: skip
    profile: dict[str, Any] = {}
    for key, values in choices.items():
        own = stream(key)
        if own.random() < known:
            profile[key] = own.choice(values)
    profile |= _past(stream("history"), known, treatments)
    for name, fact in domain.facts.items() if domain else ():
        own = stream(name)
        if name not in choices and name not in domain.of_history and own.random() < known:
            profile[name] = _declared(own, fact)
    return profile or {"disease": disease}


def _past(random: Random, known: float, treatments: Sequence[str]) -> dict[str, Any]:
    """What a profile may say of earlier treatment: its history, or how many lines there were, or nothing."""
    if random.random() < known + 0.2:
        return {"history": random_history(random, treatments)}
    if random.random() >= known:
        return {}
    lines = random.choice([0, 1, 1, 2, 3, {"at_least": 1}, {"at_least": 1, "at_most": 2}])
    if lines == 0 or random.random() >= known:
        return {"prior_lines": lines}
    outcome = random.choice(["progressed", "relapsed", "completed", "stopped-for-toxicity"])
    return {"prior_lines": lines, "last_outcome": outcome}


def _declared(random: Random, fact: Fact) -> Any:
    """A value of a fact, as its declaration alone allows it."""
    match fact:
        case ChoiceFact():
            return fact.plain(random.choice((*fact.domain, *fact.groups)))
        case NumberFact():
            low, high = sorted((random.randint(fact.low, fact.high), random.randint(fact.low, fact.high)))
            return random.choice([low, {"at_least": low}, {"at_least": low, "at_most": high}])
        case SetFact():
            members = random.sample(fact.members, random.randint(1, len(fact.members)))
            return random.choice([fact.empty_word, members, {"found": members[:1]}, {"not_found": members}])


def random_history(random: Random, treatments: Sequence[str], most_lines: int = 3) -> list[dict[str, Any]]:
    """The entries of a profile's history: lines, maintenance, curative treatment, some of it not known."""

    def entry(outcomes: tuple[str, ...], **fixed: Any) -> dict[str, Any]:
        drugs = random.sample(treatments, min(random.randint(1, 3), len(treatments)))
        found: dict[str, Any] = {**fixed, "drugs": "unknown" if random.random() < 0.2 else sorted(set(drugs))}
        if random.random() < 0.75:
            found["outcome"] = random.choice(outcomes)
        if random.random() < 0.4:
            found["cycles"] = random.choice(NUMBERS["last_cycles"])
        if found.get("outcome") in (None, "progressed", "relapsed") and random.random() < 0.3:
            found["relapse_after"] = random.choice(NUMBERS["platinum_free_interval"])
        return found

    lines = random.choices(range(most_lines + 1), (3, 5, 3, 2)[: most_lines + 1])[0]
    entries = []
    if random.random() < 0.2:
        entries.append(entry(("completed", "progressed", "relapsed"), setting="curative"))
    for line in range(1, lines + 1):
        last = line == lines
        entries.append(entry(("progressed", "progressed", "relapsed", "completed", "stopped-for-toxicity"), line=line))
        if random.random() < 0.25:
            outcomes = ("progressed", "ongoing", "completed") if last else ("progressed", "relapsed", "completed")
            entries.append(entry(outcomes, line=line, setting="maintenance"))
    return entries


def random_patient(random: Random, domain: Domain, known: float = 0.45) -> Patient:
    """A patient read from a random profile that does not contradict itself."""
    drugs = [name for name in DRUGS if name in domain.formulary.drugs]
    treatments = (*drugs, *drugs, *(name for name in CLASSES if name in domain.formulary.classes))
    while True:
        try:
            return read(
                Profile.model_validate(random_profile(random, known, treatments, domain)), domain, explain=False
            )
        except InputError:
            continue


def random_facts(random: Random, domain: Domain, known: float = 0.45) -> Facts:
    """What is known of a random patient, narrowed by the axioms."""
    return random_patient(random, domain, known).facts


def is_settled(value: Value) -> bool:
    """Whether only one answer is left."""
    match value:
        case Choice(possible=possible):
            return len(possible) == 1
        case Number(low=low, high=high, absent=absent):
            return low > high or (low == high and not absent)
        case Members(must=must, may=may):
            return must == may


# Rulebooks ---------------------------------------------------------------------------------------------------------


def random_rulebook(random: Random, base: Rulebook, rules: int = 12, regimens: int = 5) -> Rulebook:
    """A rulebook in memory over the drugs, studies and reviews of ``base``: every effect, overrides, findings."""
    conditions = random_findings(random, base.domain, empties=False)
    made = {item.id: item for item in (_regimen(random, base, index) for index in range(regimens))}
    findings = {
        name: Finding(name, name.replace("-", " "), f"Generated {name}.", condition, SOURCE, ANYWHERE)
        for name, condition in conditions.items()
    }
    empty = dataclasses.replace(
        base, folders=(Path("generated"),), digest=f"sha256:{random.getrandbits(256):064x}", regimens=made,
        approvals={}, findings=findings, settings={setting.id: setting for setting in SETTINGS.values()}, rules={},
    )  # fmt: skip
    found = {rule.id: rule for rule in (_rule(random, empty, conditions, index) for index in range(rules))}
    return _with_overrides(random, dataclasses.replace(empty, rules=found))


def _regimen(random: Random, base: Rulebook, index: int) -> Regimen:
    drugs = random.sample([name for name in DRUGS if name in base.formulary.drugs], random.randint(1, 3))
    return Regimen(
        id=f"regimen-{index}", name=f"Regimen {index}", disease=random.choice(["nsclc", "nsclc", "sclc"]),
        drugs=tuple(Component(drug=name) for name in drugs), source=SOURCE,
    )  # fmt: skip


def _rule(random: Random, book: Rulebook, findings: Mapping[str, Condition], index: int) -> Rule:
    effect = random.choices(list(Effect), (8, 4, 4, 1, 1, 1, 1))[0]
    regimen = random.choice(list(book.regimens.values()))
    study = random.choice(list(book.studies))
    setting, target, subject = SETTINGS[regimen.disease], None, "Generated"
    if effect is Effect.OFFER:
        subject = regimen.id
    elif effect in (Effect.EXCLUDE, Effect.CAUTION):
        target = _target(random, regimen)
        subject = str(target)
    elif effect is Effect.TRIAL:
        subject = study
    condition = random_condition(random, book.domain, findings, 2, empties=False)
    return Rule(
        id=f"rule-{index}", effect=effect, subject=subject, target=target, condition=condition, studies=(study,),
        approvals=(), source=SOURCE, says=f"Generated rule {index}.", overrides=(), basis=None, certainty=None,
        errata=(), setting=setting, location=ANYWHERE, written=written(condition),
        kind=get_args(CautionKind)[index % 3] if effect is Effect.CAUTION else None,
    )  # fmt: skip


def _target(random: Random, regimen: Regimen) -> Target:
    drug = {"drug": random.choice(regimen.drug_names)}
    several = tuple({"drug": name} for name in regimen.drug_names)
    return Target.model_validate(random.choice(["all-options", {"regimen": regimen.id}, drug, drug, several]))


def _with_overrides(random: Random, book: Rulebook) -> Rulebook:
    """Some rules override earlier ones that share a regimen with them, so that no circle arises."""
    rules = dict(book.rules)
    earlier: list[Rule] = []
    for rule in book.rules.values():
        near = [candidate.id for candidate in earlier if set(book.meets(candidate)) & set(book.meets(rule))]
        if near and random.random() < 0.3:
            rules[rule.id] = dataclasses.replace(rule, overrides=tuple(random.sample(near, 1)))
        earlier.append(rule)
    return dataclasses.replace(book, rules=rules)


# Patients of a standing --------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def reachable(rulebook: Rulebook) -> tuple[tuple[str, Standing, Mapping[str, Any]], ...]:
    """For each regimen and each standing in which an offer rule of it holds, the smallest profile that surely has it.

    What no patient can have is left out.
    """
    solver = Guideline.of(rulebook).solver
    found = []
    for name, rules_about in Guideline.of(rulebook).regimens.items():
        offer = AllOf((Leaf(Is("disease", frozenset({rulebook.regimens[name].disease}))), rules_about.offer))
        for standing, condition in (
            (Standing.OFFERED, AllOf((offer, Not(rules_about.exclusion), Not(rules_about.caution)))),
            (Standing.OFFERED_WITH_CAUTION, AllOf((offer, Not(rules_about.exclusion), rules_about.caution))),
            (Standing.EXCLUDED, AllOf((offer, rules_about.exclusion))),
        ):
            profile = witness(solver, condition)
            if profile is not None:
                found.append((name, standing, profile))
    return tuple(found)


def random_reachable(random: Random, rulebook: Rulebook, *standings: Standing) -> tuple[str, Standing, dict[str, Any]]:
    """A regimen, its standing (one of ``standings``, or any) and a profile that surely has it, nothing to spare."""
    fitting = [entry for entry in reachable(rulebook) if not standings or entry[1] in standings]
    regimen, standing, profile = random.choice(fitting)
    return regimen, standing, dict(profile)


def with_more(random: Random, profile: Mapping[str, Any], rulebook: Rulebook, known: float = 0.45) -> dict[str, Any]:
    """``profile`` with more keys, and more of its history given, as far as a patient can be so."""
    known_so_far = dict(profile)

    def tell(key: str, value: Any) -> None:
        nonlocal known_so_far
        wider = {**known_so_far, key: value}
        try:
            patient = read(Profile.model_validate(wider), rulebook.domain, explain=False)
        except InputError:
            return
        if Guideline.of(rulebook).solver.is_possible(patient):
            known_so_far = wider

    for key, value in random_profile(random, known).items():
        if key not in known_so_far:
            tell(key, value)
    details = {
        "outcome": ["progressed", "relapsed", "completed"],
        "cycles": [0, 4, 6],
        "drugs": [["carboplatin"], ["osimertinib"]],
    }
    for index in range(len(known_so_far["history"]) if isinstance(known_so_far.get("history"), list) else 0):
        for part, values in details.items():
            entries = [dict(entry) for entry in known_so_far["history"]]
            if entries[index].get(part, "unknown") == "unknown" and random.random() < known:
                entries[index][part] = random.choice(values)
                tell("history", entries)
    return known_so_far


# Hypothesis --------------------------------------------------------------------------------------------------------


def atoms(domain: Domain) -> st.SearchStrategy[Atom]:
    """Tests of the facts of ``domain``."""

    def of(name: str) -> st.SearchStrategy[Atom]:
        fact = domain.facts[name]
        match fact:
            case ChoiceFact():
                return st.sets(st.sampled_from(fact.domain), min_size=1).map(lambda words: Is(name, frozenset(words)))
            case NumberFact():
                ends = st.lists(st.sampled_from((*thresholds_of(fact), fact.low, fact.high)), min_size=2, max_size=2)
                return ends.map(sorted).map(lambda pair: Between(name, *pair))
            case SetFact():
                return st.sampled_from(words_of(fact)).map(lambda word: Includes(name, word))

    return st.sampled_from(sorted(domain.facts)).flatmap(of)


def conditions(domain: Domain, findings: Mapping[str, Condition] | None = None) -> st.SearchStrategy[Condition]:
    """Conditions of the full language, empty conjunctions and disjunctions among them."""
    leaves: st.SearchStrategy[Condition] = atoms(domain).map(Leaf)
    if findings:
        leaves |= st.sampled_from(sorted(findings)).map(lambda name: Named(name, findings[name]))

    def larger(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        parts = st.lists(inner, max_size=4).map(tuple)
        return parts.map(AllOf) | parts.map(AnyOf) | inner.map(Not) | inner.map(lambda part: Named("inner", part))

    return st.recursive(leaves, larger, max_leaves=12)


def patients(domain: Domain) -> st.SearchStrategy[Patient]:
    """Partly known patients, read from profiles that do not contradict themselves."""
    return st.builds(
        lambda seed, known: random_patient(Random(seed), domain, known),
        st.integers(0, 2**32), st.sampled_from((0.1, 0.3, 0.5, 0.8)),
    )  # fmt: skip


def rulebooks(base: Rulebook, **sizes: int) -> st.SearchStrategy[Rulebook]:
    """Random rulebooks over the drugs and studies of ``base``; ``sizes`` as for ``random_rulebook``."""
    return st.integers(0, 2**32).map(lambda seed: random_rulebook(Random(seed), base, **sizes))
