"""Model figures as a source prints them: of which arm, in which unit, with which interval, in which section."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, GetCoreSchemaHandler, PrivateAttr, model_validator
from pydantic_core import CoreSchema, core_schema

from regimen_advisor.files.errors import Location
from regimen_advisor.files.sources import Record
from regimen_advisor.knowledge.publications import ErratumIds, Sources, Text
from regimen_advisor.words.catalogue import say


class Decimals(float):
    """A number that keeps the decimals a source prints: ``"0.60"`` is 0.6 to reckon with and ``0.60`` to read.

    It is quoted in the file, since a number of YAML or JSON has no trailing zero.
    """

    __slots__ = ("printed",)
    printed: str

    def __new__(cls, printed: str) -> Self:
        """The number that ``printed`` says."""
        number = super().__new__(cls, printed)
        number.printed = printed
        return number

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.printed,)

    def __str__(self) -> str:
        return self.printed

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A decimal number with a trailing zero, as text in a file and as a number in what is printed from it."""
        del source, handler
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.str_schema(pattern=r"^(?:0|[1-9]\d*)\.\d*0$", strict=True),
            serialization=core_schema.plain_serializer_function_ser_schema(
                float, return_schema=core_schema.float_schema()
            ),
        )


PrintedNumber = int | float | Decimals
PValue = Annotated[str, Field(pattern=r"^[<>]?0\.\d+$")]
Unit = Literal["months", "weeks", "%", "patients", "events", "lines"]


class Count(Record):
    """A number of patients; ``derived`` says how, where the source gives only the parts."""

    value: Annotated[int, Field(gt=0)] = Field(description="the number of patients")
    source: Sources = Field(description="where it is printed")
    derived: Text | None = Field(None, description="how it follows from the parts that the source gives")
    note: Text | None = Field(None, description="a remark")
    errata: ErratumIds = ()


class Interval(Record):
    """A confidence interval and its level in percent."""

    low: PrintedNumber = Field(description="lower bound")
    high: PrintedNumber = Field(description="upper bound")
    level: Annotated[PrintedNumber, Field(gt=0, lt=100)] = Field(description="per cent, such as 95")

    @model_validator(mode="after")
    def _in_order(self) -> Interval:
        if self.low > self.high:
            raise ValueError(say("figure_error.bounds", low=self.low, high=self.high))
        return self


class Value(Record):
    """One arm's or group's figure: a number, a range of numbers, or a status where none is given yet."""

    of: Text = Field(description="name of an arm or group")
    value: PrintedNumber | None = Field(None, description="the figure, in the unit of the result")
    about: bool = Field(False, description="the source itself says `about`")
    to: PrintedNumber | None = Field(None, description="upper end, where the figure is a range that begins at `value`")
    percent: PrintedNumber | None = Field(None, description="the share that a number of patients makes")
    status: Text | None = Field(None, description="instead of a value, where the source gives none yet")
    interval: Interval | None = Field(None, description="confidence interval of the value")
    n: Annotated[int, Field(gt=0)] | None = Field(None, description="patients behind the value, if not all")

    @model_validator(mode="after")
    def _plausible(self) -> Value:
        if (self.value is None) == (self.status is None):
            raise ValueError(say("figure_error.no_value"))
        if self.value is not None and self.interval and not self.interval.low <= self.value <= self.interval.high:
            raise ValueError(say("figure_error.outside", value=self.value))
        if self.value is not None and self.to is not None and self.to < self.value:
            raise ValueError(say("figure_error.falls", low=self.value, high=self.to))
        return self


class Comparison(Record):
    """``of`` against its comparator ``against`` on one endpoint; a hazard ratio below 1 favours ``of``."""

    of: Text = Field(description="name of the arm that is judged")
    against: Text = Field(description="name of its comparator")
    hazard_ratio: Annotated[PrintedNumber, Field(gt=0)] | None = Field(
        None, description="as printed; below 1 favours `of`"
    )
    interval: Interval | None = Field(None, description="confidence interval of the hazard ratio")
    p: PValue | None = Field(None, description="as printed, such as `0.02` or `<0.001`")
    risk_reduction: PrintedNumber | None = Field(None, description="per cent, as printed")
    difference: PrintedNumber | None = Field(None, description="in the unit of the result")

    @model_validator(mode="after")
    def _plausible(self) -> Comparison:
        if self.of == self.against:
            raise ValueError(say("figure_error.same_arm"))
        if self.interval and self.hazard_ratio is None:
            raise ValueError(say("figure_error.no_ratio"))
        ratio, interval = self.hazard_ratio, self.interval
        if ratio is not None and interval and not interval.low <= ratio <= interval.high:
            raise ValueError(say("figure_error.ratio_outside", ratio=ratio))
        return self


class FollowUp(Record):
    """Median follow-up behind a result."""

    of: Text = Field(description="name of an arm or group")
    months: PrintedNumber = Field(description="median follow-up")


class Spread(Record):
    """Two numbers the source prints in brackets without saying whether they are a range or an interval."""

    low: PrintedNumber = Field(description="the lower number")
    high: PrintedNumber = Field(description="the upper number")
    meaning: Text = Field(description="what the two may be, and that the source does not say")


class Result(Record):
    """One endpoint in one population: the figures arm by arm, and which arm is compared with which."""

    endpoint: Text = Field(description="such as OS, PFS or ORR")
    measure: Text = Field(description="median, rate, count, range, hazard ratio ...")
    unit: Unit | None = Field(None, description="of the values")
    subgroup: Text | None = Field(None, description="whom it is of, where that is not the whole study")
    values: tuple[Value, ...] = Field((), description="the figures, arm by arm")
    comparisons: tuple[Comparison, ...] = Field((), description="which arm is compared with which")
    follow_up: tuple[FollowUp, ...] = Field((), description="median follow-up behind it")
    spread: Spread | None = Field(None, description="two numbers in brackets of unclear meaning")
    outcome: Text | None = Field(None, description="what the source concludes, where that is more than the figures")
    report: Text | None = Field(None, description="the congress or analysis the figure comes from")
    note: Text | None = Field(None, description="a remark")
    source: Sources = Field(description="where it is printed")
    errata: ErratumIds = ()
    _location: Location | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _has_unit(self) -> Result:
        if self.unit is None and any(value.value is not None for value in self.values):
            raise ValueError(say("figure_error.no_unit"))
        return self

    @property
    def location(self) -> Location | None:
        """The place in the file that the result was read from; ``None`` where it was made in code."""
        return self._location

    def remember_location(self, location: Location) -> None:
        """Remember the place in the file; it takes no part in comparing two of them."""
        self._location = location


class Safety(Record):
    """One finding on harm, with figures where the source gives them."""

    event: Text = Field(description="what happened, in words")
    unit: Unit | None = Field(None, description="of the values")
    values: tuple[Value, ...] = Field((), description="the figures, arm by arm; none where the source gives none")
    source: Sources = Field(description="where it is printed")
    errata: ErratumIds = ()

    @model_validator(mode="after")
    def _has_unit(self) -> Safety:
        if self.unit is None and self.values:
            raise ValueError(say("figure_error.no_unit"))
        return self
