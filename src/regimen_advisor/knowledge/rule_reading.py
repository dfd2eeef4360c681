"""Read the rule files of a stack of folders, and resolve or refuse every name in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from regimen_advisor.files.chains import LONGEST, starts_of_long_chains
from regimen_advisor.files.errors import InputError, Location, Near, Problem, near
from regimen_advisor.files.folders import yaml_files
from regimen_advisor.files.gathering import Gathered, Unread, changed
from regimen_advisor.files.sources import Document, Path_, read_document, validated
from regimen_advisor.knowledge import each_regimen
from regimen_advisor.knowledge.conditions_yaml import ConditionReader
from regimen_advisor.knowledge.findings import Finding
from regimen_advisor.knowledge.gone import Gone
from regimen_advisor.knowledge.open_sentences import marked
from regimen_advisor.knowledge.places import unplaced
from regimen_advisor.knowledge.regimens import Regimen
from regimen_advisor.knowledge.rules import (
    OUTSIDE,
    CautionKind,
    Effect,
    Rule,
    RuleFile,
    RuleText,
    Setting,
    of_disease,
    regimens_met,
)
from regimen_advisor.knowledge.stacking import PACK, PackChange, PackEntryKind, RulebookStack
from regimen_advisor.knowledge.studies import Approval, Review, Study
from regimen_advisor.patient.drugs import Formulary
from regimen_advisor.patient.facts import Domain
from regimen_advisor.words.catalogue import joined, say

DISEASES = ("nsclc", "sclc")


class RuleReader:
    """Reads the rules of a stack; what is wrong is kept in ``found``.

    ``withdrawn`` are the rules that a later folder replaced or retired, by id, each with the change; ``bereft`` those
    that are left without a study or an approval, each with the changes that retired it. ``unread`` are studies whose
    files cannot be read.
    """

    def __init__(
        self,
        stack: RulebookStack,
        gone: Gone,
        found: Gathered,
        *,
        formulary: Formulary,
        domain: Domain,
        reviews: Mapping[str, Review],
        approvals: Mapping[str, Approval],
        studies: Mapping[str, Study],
        regimens: Mapping[str, Regimen],
        findings: Mapping[str, Finding],
        unread: AbstractSet[str] = frozenset(),
    ) -> None:
        self.stack, self.gone, self.found, self.problems = stack, gone, found, found.problems
        self.formulary, self.domain, self.reviews = formulary, domain, reviews
        self.approvals, self.studies, self.regimens, self.findings = approvals, studies, regimens, findings
        self.conditions = changed(findings, lambda known: {name: finding.condition for name, finding in known.items()})
        self.settings: dict[str, Setting] = {}
        self.rules: dict[str, Rule] = {}
        self.withdrawn: dict[str, tuple[Rule, PackChange]] = {}
        self.bereft: dict[str, tuple[PackChange, ...]] = {}
        self.places: dict[str, tuple[Document, Path_]] = {}
        self.counts: list[int] = []
        self.twins: dict[str, tuple[str, ...]] = {}
        for study in studies.values():
            if study.same_study_as is not None:
                self.twins[study.same_study_as] = (*self.twins.get(study.same_study_as, ()), study.id)
        self.named: Mapping[PackEntryKind, Mapping[str, object]] = {
            "regimen": self._named("regimen", regimens),
            "study": self._named("study", studies, sorted(unread)),
            "approval": self._named("approval", approvals),
        }
        """What a rule may name, by kind: what counts, what no longer does, and a study whose file cannot be read."""
        # What overrides what can be checked only where every rule is known, and what each is about.
        found.unread = PACK in stack.unread or isinstance(regimens, Unread) or isinstance(formulary.drugs, Unread)

    def _named(
        self, kind: PackEntryKind, entries: Mapping[str, object], more: Iterable[str] = ()
    ) -> Mapping[str, object]:
        return changed(entries, lambda known: dict.fromkeys([*known, *more, *sorted(self.gone.of(kind))]))

    def read(self) -> tuple[dict[str, Setting], dict[str, Rule]]:
        """The settings and the rules by id, in the order of the folders, diseases and files."""
        for position in range(len(self.stack.folders)):
            self._folder(position)
        for position, folder in enumerate(self.stack.folders):
            with self.found.one_file():
                self._add_each_regimen(position, folder)
        rules = {name: self._as_left(rule) for name, rule in self.rules.items()}
        if not self.found.unread:  # else a rule that is named may be in a file that could not be read
            self._check_overrides(rules)
            self._check_gives_way(rules)
            self._check_offers(rules)
            rules = self._without_silence(rules)
        return self.settings, rules

    def _folder(self, position: int) -> None:
        read = [
            (file, disease, *found)
            for disease in DISEASES
            for file in self._files_of(position, disease)
            if (found := self._rule_file(file)) is not None
        ]
        self.stack.note(
            position,
            "rule",
            {
                rule.id: document.locate(("rules", index, "id"))
                for _, _, text, document in read
                for index, rule in enumerate(text.rules)
            },
        )
        self.counts.append(sum(len(text.rules) for _, _, text, _ in read))
        changes, clashes = self.stack.changed_after(position, "rule"), self.stack.clashes(position, "rule")
        for file, disease, text, document in read:
            self._check_file(text, file, disease, document)
            setting = Setting(f"{disease}/{text.setting}", text.title, text.disease, str(file))
            setting = self.settings.setdefault(setting.id, setting)
            for index, rule_text in enumerate(text.rules):
                path: Path_ = ("rules", index)
                if rule_text.id in clashes:
                    continue
                if rule_text.id in self.rules:
                    first = self.rules[rule_text.id].location
                    self._refuse(document, (*path, "id"), say("rule_error.twice", rule=rule_text.id, place=first))
                    continue
                rule = self._rule(rule_text, setting, document, path)
                if rule is None:
                    continue
                change = changes.get(rule.id) or self._lost(rule)
                if change is not None:
                    self.withdrawn[rule.id] = (rule, change)
                elif not self._comes_later(rule):
                    self.rules[rule.id], self.places[rule.id] = rule, (document, path)

    def _add_each_regimen(self, position: int, folder: Path) -> None:
        """The rules that a folder declares for each regimen of the stack; each declaration counts as one of its own."""
        document, texts = each_regimen.declared(folder, self.named["regimen"])
        self.counts[position] += len(texts)
        changes = self.stack.changed_after(position, "rule")
        for index, text in enumerate(texts):
            path: Path_ = (index,)
            before = len(self.problems)
            for rule_text, setting in each_regimen.rules_of(text, self.regimens, document.name):
                self.stack.note(position, "rule", {rule_text.id: document.locate((*path, "id"))})
                change = changes.get(rule_text.id)
                if change is None and rule_text.id in self.rules:
                    first = self.rules[rule_text.id].location
                    self._refuse(document, (*path, "id"), say("rule_error.twice", rule=rule_text.id, place=first))
                rule = self._rule(rule_text, setting, document, path)
                if len(self.problems) > before:  # what is wrong with the text is wrong for each regimen
                    break
                if rule is not None and change is not None:
                    self.withdrawn[rule.id] = (replace(rule, declared=text.id), change)
                elif rule is not None and not self._comes_later(rule):
                    self.settings[setting.id] = setting
                    self.rules[rule.id], self.places[rule.id] = replace(rule, declared=text.id), (document, path)

    def _graded(self, text: RuleText) -> str:
        """The sentence of a rule, with the grade that its source gives it."""
        review = self.reviews.get(text.source.places[0].review)
        if text.grade is None or review is None:
            return text.says
        return f"{text.says.rstrip('.')} (grade of {review.cited_as}: {text.grade})."

    def _lost(self, rule: Rule) -> PackChange | None:
        """The change that retired the regimen or the trial which the rule is about."""
        if rule.effect is Effect.TRIAL:
            return self.gone.retired.get(("study", rule.subject))
        found = (self.gone.retired.get(("regimen", name)) for name in _regimens_of(rule))
        return next((change for change in found if change is not None), None)

    def _without_silence(self, rules: dict[str, Rule]) -> dict[str, Rule]:
        """Each offer of a regimen that a silence is about ends the silence where it holds."""
        silences = [rule for rule in rules.values() if rule.about is not None]
        ended: dict[str, tuple[str, ...]] = {}
        for rule in rules.values():
            regimen = self.regimens.get(rule.subject) if rule.effect is Effect.OFFER else None
            if regimen is not None:
                found = [
                    silence.id for silence in silences if silence.about and silence.about.meets(regimen, self.formulary)
                ]
                if found:
                    ended[rule.id] = tuple(dict.fromkeys((*rule.overrides, *found)))
        return {name: replace(rule, overrides=ended.get(name, rule.overrides)) for name, rule in rules.items()}

    def _comes_later(self, rule: Rule) -> bool:
        """Whether the source of a rule, or what it is about, is not there yet on the day."""
        if rule.effect is Effect.TRIAL and rule.subject in self.gone.of("study"):
            return True
        if self.gone.spoken(rule.source) is None or not self.gone.of("regimen").isdisjoint(_regimens_of(rule)):
            return True
        return rule.is_outside and bool(rule.errata) and self.gone.errata.issuperset(rule.errata)

    def _as_left(self, rule: Rule) -> Rule:
        """The rule without what it names that no longer counts, and with every source's report of its studies."""
        overrides = tuple(
            name for name in rule.overrides if name in self.rules or not (name in self.withdrawn or self.gone.day)
        )
        cited = (twin for name in rule.studies for twin in (name, *self.twins.get(name, ())))
        studies = tuple(dict.fromkeys(name for name in cited if name not in self.gone.of("study")))
        approvals = tuple(name for name in rule.approvals if name not in self.gone.of("approval"))
        if self.gone.day is not None:
            source = self.gone.spoken(rule.source) or rule.source
            rule = replace(rule, source=source, errata=tuple(id for id in rule.errata if id not in self.gone.errata))
        gives_way_to = tuple(
            name for name in rule.gives_way_to if name in self.rules or not (name in self.withdrawn or self.gone.day)
        )
        rule = replace(rule, gives_way_to=gives_way_to)
        if (overrides, studies, approvals) == (rule.overrides, rule.studies, rule.approvals):
            return rule
        named: list[tuple[PackEntryKind, str]] = [
            *(("study", name) for name in rule.studies), *(("approval", name) for name in rule.approvals),
        ]  # fmt: skip
        if lost := tuple(self.gone.retired[entry] for entry in named if entry in self.gone.retired):
            self.bereft[rule.id] = lost
        return replace(rule, overrides=overrides, studies=studies, approvals=approvals)

    def _files_of(self, position: int, disease: str) -> list[Path]:
        """The rule files for a disease; a folder without any is refused, and none at all where a regimen is for it."""
        folder = self.stack.folders[position] / disease
        if position and not folder.exists():
            return []
        is_named = any(regimen.disease == disease for regimen in self.regimens.values())
        if not is_named and not folder.exists() and not folder.is_symlink():
            return []
        with self.found.one_file():
            if files := yaml_files(folder):
                return files
            raise InputError.at(Location(str(folder)), say("file.no_rules"))
        return []

    def _check_offers(self, rules: Mapping[str, Rule]) -> None:
        """A disease with regimens of which none is ever offered has lost its rules."""
        offered = {rule.setting.disease for rule in rules.values() if rule.effect is Effect.OFFER}
        for disease in dict.fromkeys(regimen.disease for regimen in self.regimens.values()):
            if disease not in offered and not self.problems:
                message = say("rule_error.no_offer")
                self.problems.append(Problem(Location(str(self.stack.folders[0] / disease)), message))

    def _refuse(self, document: Document, path: Path_, message: str, help: str | Near | None = None) -> None:
        self.problems.append(Problem(document.locate(path), message, help))

    def _rule_file(self, file: Path) -> tuple[RuleFile, Document] | None:
        with self.found.one_file():
            document = read_document(file)
            return validated(RuleFile, document), document
        self.stack.incomplete.add("rule")
        return None

    def _check_file(self, text: RuleFile, file: Path, disease: str, document: Document) -> None:
        if text.setting != file.stem:
            self._refuse(document, ("setting",), say("rule_error.setting", stem=file.stem))
        if text.disease != disease:
            self._refuse(document, ("disease",), say("rule_error.disease", folder=disease))

    def _rule(self, text: RuleText, setting: Setting, document: Document, path: Path_) -> Rule | None:
        effects = [effect for effect in Effect if getattr(text, effect.value) is not None]
        if len(effects) != 1:
            shown = joined(effect.value for effect in effects) or say("value.none")
            words = joined(effect.value for effect in Effect)
            self._refuse(document, path, say("rule_error.effects", rule=text.id, effects=words, found=shown))
            self.found.unread = True  # whatever names this rule is not wrong
            return None
        (effect,) = effects
        subject = getattr(text, effect.value)
        target = subject if effect in (Effect.EXCLUDE, Effect.CAUTION) else None
        written = ConditionReader(self.domain, self.conditions, self.problems).read(
            document, (*path, "when"), text.when
        )
        condition = of_disease(written, setting.disease)
        self._check_references(text, effect, document, path)
        # As written: where drugs or findings cannot be read, the condition lacks what names them.
        written_keys = set(_keys(text.when)) if text.if_open else set()
        for key in marked(text.if_open or ""):
            if key not in written_keys:
                self._refuse(document, (*path, "if_open"), say("rule_error.if_open_key", key=key))
        return Rule(
            text.id, effect, str(subject), target, condition, text.studies, text.approvals, text.source,
            self._graded(text), text.overrides, text.basis, text.certainty, text.errata, setting,
            document.locate(path), text.when, text.if_open, text.kind, text.grade, text.about, text.place == "first",
            tuple(name for name in text.regimens if name not in self.gone.of("regimen")),
            text.drugs, text.gives_way_to, text.meant_for,
        )  # fmt: skip

    def _check_references(self, text: RuleText, effect: Effect, document: Document, path: Path_) -> None:
        def known(name: str, kind: PackEntryKind, *steps: str | int) -> None:
            words = self.named[kind]
            if name not in words:
                self._refuse(
                    document,
                    (*path, *steps),
                    say("broken.unknown", key=steps[0], kind=kind, name=name),
                    near(name, words),
                )

        if effect is Effect.OFFER:
            known(text.offer or "", "regimen", "offer")
        if effect is Effect.TRIAL:
            known(text.trial or "", "study", "trial")
        for target, key in ((text.exclude, "exclude"), (text.caution, "caution"), (text.about, "about")):
            if target is not None:
                self.problems += target.unknown(self.formulary, self.named["regimen"], document, (*path, key))
        for index, study in enumerate(text.studies):
            known(study, "study", "studies", index)
        for index, approval in enumerate(text.approvals):
            known(approval, "approval", "approvals", index)
        self.problems += unplaced(text.source, self.reviews, document, (*path, "source"))
        if text.basis and effect not in (Effect.CAUTION, Effect.NOTE, Effect.SILENT):
            self._refuse(document, (*path, "basis"), say("rule_error.basis", basis=OUTSIDE, effect=effect.value))
        for index, regimen in enumerate(text.regimens):
            known(regimen, "regimen", "regimens", index)
        self._check_standard(text, effect, document, path)
        if text.about and effect is not Effect.SILENT:
            self._refuse(document, (*path, "about"), say("rule_error.about", effect=effect.value))
        if text.if_open and effect is not Effect.CAUTION:
            self._refuse(document, (*path, "if_open"), say("rule_error.if_open", effect=effect.value))
        if text.kind and effect is not Effect.CAUTION:
            self._refuse(document, (*path, "kind"), say("rule_error.kind", effect=effect.value))
        if effect is Effect.CAUTION and text.kind is None:
            kinds = joined(get_args(CautionKind))
            self._refuse(document, path, say("rule_error.no_kind", rule=text.id, kinds=kinds))
        self._check_place(text, effect, document, path)
        if (text.basis is None) != (text.certainty is None):
            self._refuse(document, path, say("rule_error.together", rule=text.id, first="basis", second="certainty"))

    def _check_place(self, text: RuleText, effect: Effect, document: Document, path: Path_) -> None:
        if text.place and effect not in (Effect.CAUTION, Effect.NOTE, Effect.SILENT):
            self._refuse(document, (*path, "place"), say("rule_error.place_of_effect", effect=effect.value))
        elif text.place and effect is Effect.CAUTION and text.kind != "patient":
            self._refuse(document, (*path, "place"), say("rule_error.place_of_kind", kind=text.kind))

    def _check_standard(self, text: RuleText, effect: Effect, document: Document, path: Path_) -> None:
        """What only a standard has: regimens, drugs, and the rules to which it gives way with whom it is meant for."""
        for key in ("regimens", "drugs", "gives_way_to"):
            if getattr(text, key) and effect is not Effect.STANDARD:
                self._refuse(document, (*path, key), say("rule_error.of_standard", key=key, effect=effect.value))
        for index, component in enumerate(text.drugs):
            self.problems += component.unknown(self.formulary, document, (*path, "drugs", index))
        if bool(text.gives_way_to) != bool(text.meant_for):
            self._refuse(
                document, path, say("rule_error.together", rule=text.id, first="gives_way_to", second="meant_for")
            )

    def _check_gives_way(self, rules: Mapping[str, Rule]) -> None:
        for rule in rules.values():
            document, path = self.places[rule.id]
            for index, name in enumerate(rule.gives_way_to):
                if name not in rules:
                    steps = (*path, "gives_way_to", index)
                    self._refuse(document, steps, say("rule_error.gives_way_unknown", rule=name), near(name, rules))

    def _check_overrides(self, rules: dict[str, Rule]) -> None:
        for rule in rules.values():
            document, path = self.places[rule.id]
            for index, name in enumerate(rule.overrides):
                steps = (*path, "overrides", index)
                if name not in rules:
                    self._refuse(document, steps, say("rule_error.overrides_unknown", rule=name), near(name, rules))
                elif not set(regimens_met(rule, self.regimens, self.formulary)) & set(
                    regimens_met(rules[name], self.regimens, self.formulary)
                ):
                    self._refuse(document, steps, say("rule_error.no_shared_regimen", rule=rule.id, overridden=name))
        links = {rule.id: [name for name in rule.overrides if name in rules] for rule in rules.values()}
        circle, long = _circle(links), starts_of_long_chains(links)
        if circle:
            document, path = self.places[circle[0]]
            self._refuse(document, (*path, "overrides"), say("rule_error.circle", circle=" -> ".join(circle)))
        elif long:
            document, path = self.places[long[0]]
            message = say("rule_error.long_chain", most=LONGEST)
            self._refuse(document, (*path, "overrides"), message)


def _keys(written: Any) -> Iterator[str]:
    """Every key of a condition as it is written, at any depth."""
    if isinstance(written, dict):
        yield from written
        written = list(written.values())
    if isinstance(written, list):
        for part in written:
            yield from _keys(part)


def _regimens_of(rule: Rule) -> list[str]:
    """The regimens that a rule names as its subject."""
    offered = [rule.subject] if rule.effect is Effect.OFFER else []
    return offered + ([item.regimen for item in rule.target.items if item.regimen] if rule.target else [])


def _circle(links: Mapping[str, list[str]]) -> list[str]:
    """A circle of links, its first name repeated at the end; empty if there is none, or none but very long ones."""
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done or len(trail) > LONGEST:
            return []
        for overridden in links[name]:
            if found := visit(overridden, [*trail, name]):
                return found
        done.add(name)
        return []

    for name in links:
        if found := visit(name, []):
            return found
    return []
