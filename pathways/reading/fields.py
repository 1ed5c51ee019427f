"""What a schema is written with: sections, field types, and the function that validates them.

A schema is a :class:`Section` per block of a file, its fields annotated with the types below
(never bare ``int``, ``float`` or ``bool``), each followed by a docstring that becomes its
description. Lists are ``Items[X]``; a field with two kinds of section uses :class:`Choice`.
"""

from __future__ import annotations

import datetime
from typing import Annotated

from pathways.reading.parameters import IDENTIFIER, Distribution, Parameter
from pathways.reading.scalars import (
    Bounds,
    DateReader,
    EitherQuantity,
    FlagReader,
    Measured,
    Named,
    Quantity,
    ScalarReader,
    TextReader,
    WholeNumber,
    written_name,
)
from pathways.reading.sections import Choice, Items, Section
from pathways.reading.tree import PlaceTable
from pathways.reading.validation import validate

__all__ = [
    "Bounds",
    "CalendarDate",
    "Choice",
    "Days",
    "Distribution",
    "Dose",
    "EitherQuantity",
    "Flag",
    "Gbp",
    "GbpPerQaly",
    "Hours",
    "Identifier",
    "InfusionRate",
    "Integer",
    "Items",
    "Kilograms",
    "Line",
    "Litres",
    "LitresPerHour",
    "Measured",
    "Mg",
    "MgPerHour",
    "MgPerKg",
    "MgPerKgPerHour",
    "Minutes",
    "Named",
    "NgPerMl",
    "NonNegative",
    "NonNegativeInt",
    "Number",
    "Parameter",
    "PerYear",
    "Percent",
    "PlaceTable",
    "Positive",
    "PositiveInt",
    "Probability",
    "Quantity",
    "ScalarReader",
    "Section",
    "Text",
    "TextReader",
    "WholeDays",
    "WholeMinutes",
    "WholeNumber",
    "Years",
    "validate",
    "written_name",
]

Number = Annotated[float, Quantity(None)]
NonNegative = Annotated[float, Quantity(None, minimum=0)]
Positive = Annotated[float, Quantity(None, above=0)]
Probability = Annotated[float, Quantity("1", minimum=0, maximum=1)]
Percent = Annotated[float, Quantity("percent", minimum=0, maximum=100)]
Integer = Annotated[int, WholeNumber()]
NonNegativeInt = Annotated[int, WholeNumber(minimum=0)]
PositiveInt = Annotated[int, WholeNumber(minimum=1)]
Flag = Annotated[bool, FlagReader()]
Text = Annotated[str, TextReader()]
Line = Annotated[str, TextReader(r"\S(.*\S)?", "one line of text")]
Identifier = Annotated[str, IDENTIFIER]
CalendarDate = Annotated[datetime.date, DateReader()]

Mg = Annotated[float, Quantity("mg", minimum=0)]
MgPerKg = Annotated[float, Quantity("mg/kg", minimum=0)]
MgPerHour = Annotated[float, Quantity("mg/h", minimum=0)]
MgPerKgPerHour = Annotated[float, Quantity("mg/kg/h", minimum=0)]
NgPerMl = Annotated[float, Quantity("ng/mL", minimum=0)]
LitresPerHour = Annotated[float, Quantity("L/h", minimum=0)]
Litres = Annotated[float, Quantity("L", minimum=0)]
Kilograms = Annotated[float, Quantity("kg", minimum=0)]
Minutes = Annotated[float, Quantity("min", minimum=0)]
WholeMinutes = Annotated[int, Quantity("min", whole=True, minimum=0)]
Hours = Annotated[float, Quantity("h", minimum=0)]
Days = Annotated[float, Quantity("d", minimum=0)]
WholeDays = Annotated[int, Quantity("d", whole=True, minimum=0)]
Years = Annotated[float, Quantity("year", minimum=0)]
PerYear = Annotated[float, Quantity("1/year", minimum=0)]
Gbp = Annotated[float, Quantity("GBP", minimum=0)]
GbpPerQaly = Annotated[float, Quantity("GBP/QALY", minimum=0)]
Dose = Annotated[Measured, EitherQuantity((Quantity("mg", above=0), Quantity("mg/kg", above=0)))]
InfusionRate = Annotated[
    Measured, EitherQuantity((Quantity("mg/h", above=0), Quantity("mg/kg/h", above=0)))
]
