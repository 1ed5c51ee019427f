"""What varies as typed columns: quantities of one kind are numbers in the unit written first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pathways.errors import ValueProblem
from pathways.outcomes import schema
from pathways.outcomes.schema import Column
from pathways.reading.quantities import parse_whole_number
from pathways.reading.units import DIMENSIONLESS
from pathways.studies.amounts import Amount, amount_of
from pathways.studies.study import written

if TYPE_CHECKING:
    from pathways.studies.study import Study

NOT_GIVEN = "null in the scenario"


def level_columns(study: Study) -> list[Column]:
    """Return a column for each path that is varied or derived.

    The type is ``int64`` if all values are whole numbers, ``float64`` if all are quantities of one
    kind, else ``text``, as a scenario would have it.
    """
    found: dict[str, list[str]] = {}
    for levels in _combinations(study):
        for path, value in levels.items():
            texts = found.setdefault(path, [])
            text = "" if value is None else written(value)
            if text and text not in texts[-1:]:  # the slowest axes repeat a value for long
                texts.append(text)
    return [_column(path, texts) for path, texts in found.items()]


def level_value(value: Any, column: Column) -> Any:
    """Return a level as its column holds it."""
    if value is None:
        return None
    if column.type == schema.INTEGER:
        return parse_whole_number(value)
    if column.type == schema.FLOAT:
        return float(amount_of(value).number_of(column.unit or DIMENSIONLESS))
    return written(value)


def _combinations(study: Study) -> Iterator[dict[str, Any]]:
    """Yield each combination of levels once; they are the same for every scenario."""
    step = study.runs_of_combination
    for place in range(study.combinations // len(study.scenarios)):
        yield study.run(place * step).levels


def _column(path: str, texts: list[str]) -> Column:
    if texts and all(map(_is_whole, texts)):
        return Column(path, schema.INTEGER, "", "varied", NOT_GIVEN)
    unit = _common_unit(texts)
    if unit is None:
        return Column(path, schema.TEXT, "", "varied", NOT_GIVEN)
    return Column(path, schema.FLOAT, "" if unit == DIMENSIONLESS else unit, "varied", NOT_GIVEN)


def _is_whole(text: str) -> bool:
    try:
        parse_whole_number(text)
    except ValueProblem:
        return False
    return True


def _common_unit(texts: list[str]) -> str | None:
    """Return the unit of the first value if all values are quantities of its kind."""
    amounts = [_amount(text) for text in texts]
    if not amounts or None in amounts:
        return None
    kinds = {frozenset(one.dimension.items()) for one in amounts}
    return amounts[0].unit if len(kinds) == 1 else None


def _amount(text: str) -> Amount | None:
    try:
        found = amount_of(text)
        return found if found.unit else None
    except ValueProblem:
        return None
