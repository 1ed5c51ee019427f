"""The strategy that makes scenarios reaches the whole schema."""

import json
from collections.abc import Mapping

from hypothesis import HealthCheck, Phase, given, settings
from scenario_strategies import scenario_documents

from pathways.cli.schema import scenario_schema

SCHEMA = scenario_schema()


def supported(schema, name=None, seen=None):
    """Return every (section, field, name) of the schema that has a rule; name for named values."""
    seen = set() if seen is None else seen
    if name in seen:
        return set()
    seen.add(name)
    found = set()
    for key, field in schema["properties"].items():
        if "not yet supported" in json.dumps(field.get("anyOf", "")):
            continue
        found.add((name, key, None))
        found |= {(name, key, word) for word in named_values(field)}
        for reference in references(field):
            found |= supported(SCHEMA["$defs"][reference], reference, seen)
    return found


def named_values(field):
    forms = [field, field.get("items", {}), *field.get("anyOf", ())]
    return {word for form in forms for word in form.get("enum", [form.get("const")])} - {None}


def references(field):
    for form in (field, field.get("items", {}), *field.get("anyOf", ())):
        for one in (form, form.get("items", {})):
            if "$ref" in one:
                yield one["$ref"].removeprefix("#/$defs/")


def said(document, schema, name=None):
    """Return which of :func:`supported` a document says."""
    found = set()
    for key, value in document.items():
        field = schema["properties"].get(key)
        if value is None or field is None:
            continue
        found.add((name, key, None))
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                found.add((name, key, one))
            elif isinstance(one, Mapping):
                for reference in references(field):
                    found |= said(one, SCHEMA["$defs"][reference], reference)
    return found


def test_the_strategy_reaches_every_supported_field_and_name():
    reached = {(None, "extends", None)}
    settled = settings(max_examples=400, suppress_health_check=list(HealthCheck))

    @settings(settled, phases=[Phase.generate], database=None)
    @given(scenario_documents())
    def collect(document):
        reached.update(said(document, SCHEMA))

    collect()
    missed = supported(SCHEMA) - reached
    # Reasons that cannot lead to a taper are names of the field all the same.
    missed = {one for one in missed if one[:2] != ("Taper", "after")}
    assert missed == set()
    tapers = {word for section, key, word in reached if (section, key) == ("Taper", "after")}
    assert tapers - {None} == {
        "dose_cap",
        "count_cap",
        "time_limit",
        "non_response",
        "loss_of_response",
        "treatment_completed",
    }
