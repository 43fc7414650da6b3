"""What a path file says: steps from posture to posture, political events, and what is supposed."""

from __future__ import annotations

from datetime import date as Date
from typing import Annotated, Literal

from pydantic import Field

from openiads.scenario.classes import Name, Text
from openiads.scenario.quantity import Spec, number, quantity
from openiads.studies.calendar.evidence import known
from openiads.units import LARGEST

Grade = Literal["A", "B", "C", "D", "GK", "CALC", "assumption"]
Trigger = Literal["date", "operates", "transaction", "talks"]
FIRST, LAST = Date(2000, 1, 1), Date(2060, 12, 31)
Day = Annotated[Date, Field(ge=FIRST, le=LAST)]


class Assumptions(Spec):
    """What the calendar supposes beside the scenario."""

    dwells: int = Field(ge=1, le=100_000)  # that fill an aspect cell
    hazard: float = number(le=100.0)  # compromises a year of powered time
    notice_tail: float = quantity("time", gt=0.0)  # time to notice that is exceeded with ...
    notice_tail_share: float = number(gt=0.0, le=0.49)  # ... this probability
    allow_list: float = number(le=1.0)  # share of what a compromise would send that an egress allow-list stops
    baseline: float = number(le=1e9)  # track h a day that a flow baseline notices within a day on average; 0 for none
    interval: float = quantity("time", gt=0.0)  # an undeclared stretch of emission
    visit: float = quantity("time")  # for which an inspector is there
    warning: float = quantity("time")  # strategic warning within which a defended day is ready


class Notice(Spec):
    """Published time to notice an intrusion in a year: the median, and what is exceeded with which probability."""

    year: int = Field(ge=1990, le=2100)
    median: float = quantity("time", gt=0.0)
    tail: float | None = quantity("time", None, gt=0.0)
    tail_share: float | None = number(None, gt=0.0, le=0.49)
    published: Day


class Period(Spec):
    """Movements in the air over some days, both included."""

    from_: Day = Field(alias="from")
    to: Day
    movements: float = number(gt=0.0)
    published: Day


class Step(Spec):
    """From this day on; what a step does not say stays as it was, and at first is as the scenario has it."""

    date: Day
    published: Day | None = None  # when it became known; else its date
    posture: Name | None = None
    pattern: Name | None = None  # of allied flights
    reflectors: bool | None = None
    batches: Literal[1, 2] | None = None
    duty: float | None = number(None, le=1.0)  # share of the time for which it emits; else the posture's
    visit: float | None = quantity(
        "time", None
    )  # between two visitors, or media, that take recordings; else the posture's; 0 for none
    inspections: float | None = number(None, le=1e4)  # a year, on days that nobody knows before
    monitor: float | None = number(None, le=1.0)  # probability that an hour of emission is seen from afar
    hazard: float | None = number(
        None, le=100.0
    )  # compromises a year of powered time; else that of the assumptions, and so ...
    allow_list: float | None = number(None, le=1.0)  # ... the share of what a compromise would send that is stopped
    baseline: float | None = number(None, le=1e9)  # ... and the flow that is noticed, track h a day
    marks: list[Literal["transaction", "talks"]] = Field([], max_length=2)
    cost_usd: float = number(0.0, le=1e15)
    text: Text
    source: Text
    grade: Grade
    note: str = Field("", max_length=400)

    @property
    def known(self) -> Date:
        """The day from which it was known."""
        return known(self.published or self.date, self.source, *self.evidence.values())


class Event(Spec):
    """Something political, which happens some days after what triggers it."""

    name: Name
    title: Text
    trigger: Trigger
    date: Day | None = None
    published: Day
    lag: float = quantity("time", 0.0, le=LARGEST["time"])
    pattern: Name | None = None  # of allied flights from then on
    delays: Literal["batches"] | None = None  # what it puts off, by the lag
    cost_usd: float = number(0.0, le=1e15)
    source: Text
    grade: Grade
    note: str = Field("", max_length=400)

    @property
    def known(self) -> Date:
        """The day from which it was known."""
        return known(self.published, self.source, *self.evidence.values())


class Path(Spec):
    """A way through the years."""

    name: Name
    title: Text
    summary: Annotated[str, Field(max_length=2000)] = ""
    end: Day
    sunk_usd: float = number(0.0, le=1e15)  # spent whatever is done
    events: list[Name] = Field([], max_length=50)  # of the library
    step: list[Step] = Field(min_length=1, max_length=100)
    event: list[Event] = Field([], max_length=100)
    assumptions: Assumptions
