"""``pathways schema``: the JSON Schema of scenario, study and trial files, for editors."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from pathways.reading.sections import Section

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema(
    out: Annotated[
        str | None, typer.Option("--out", help="File to write; default: standard output.")
    ] = None,
    study: Annotated[
        bool, typer.Option("--study", help="Of study files instead of scenario files.")
    ] = False,
    trial: Annotated[
        bool, typer.Option("--trial", help="Of trial files instead of scenario files.")
    ] = False,
) -> None:
    """Write the JSON Schema of scenario files, or of study or trial files."""
    schema = study_schema() if study else trial_schema() if trial else scenario_schema()
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    _write(out, text)
    typer.echo(f"written to {out}")


def scenario_schema() -> dict[str, object]:
    """Return the JSON Schema of a scenario file, with the key ``extends``."""
    from pathways.scenario.document import ScenarioDocument

    return _schema_with_extends(ScenarioDocument, "scenario")


def trial_schema() -> dict[str, object]:
    """Return the JSON Schema of a trial file, with the key ``extends``."""
    from pathways.trials.document import TrialDocument

    return _schema_with_extends(TrialDocument, "trial")


def _schema_with_extends(model: type[Section], kind: str) -> dict[str, object]:
    document = model.model_json_schema(by_alias=True)
    whole = document.pop("required", [])
    for section in document["$defs"].values():
        # A file laid over another, or a dated change, may leave out what stands below it.
        section.pop("required", None)
    extends = {"type": "string", "description": f"Shipped {kind} or file this one is laid over."}
    document["properties"] = {"extends": extends, **document["properties"]}
    _say_defaults_as_written(model, document)
    document["anyOf"] = [{"required": ["extends"]}, {"required": whole}]
    return {"$schema": DRAFT, **document}


def study_schema() -> dict[str, object]:
    """Return the JSON Schema of a study file."""
    from pathways.studies.document import StudyDocument

    document = StudyDocument.model_json_schema(by_alias=True)
    _say_defaults_as_written(StudyDocument, document)
    return {"$schema": DRAFT, **document}


def _say_defaults_as_written(model: type[Section], document: dict[str, Any]) -> None:
    """Give every default its unit or name; sections of the package of `model` come first."""
    package = model.__module__.rpartition(".")[0]
    models = {one.__name__: one for one in _sections() if one.__module__.startswith("pathways.")}
    models |= {one.__name__: one for one in _sections() if one.__module__.startswith(package)}
    for name, section in ((model.__name__, document), *document["$defs"].items()):
        for key, field in models[name].model_fields.items():
            _say_default_as_written(section["properties"][field.alias or key], field.default)


def _sections() -> list[type[Section]]:
    """Return every kind of section there is."""
    from pathways.reading.sections import Section

    found: list[type[Section]] = [Section]
    for one in found:
        found += one.__subclasses__()
    return found


def _say_default_as_written(schema: dict[str, Any], default: object) -> None:
    """Give a default its unit or name, as a file would; leave out that of a whole section."""
    from pathways.reading.scalars import written_name

    schema.pop("default", None)
    if isinstance(default, Enum):
        schema["default"] = written_name(default)
    elif isinstance(default, (bool, str)):
        schema["default"] = default
    elif isinstance(default, (int, float)):
        # Examples are in the field's own unit, and so are defaults.
        _, _, unit = str(schema.get("examples", ["1"])[0]).partition(" ")
        schema["default"] = f"{default:g} {unit}" if unit else default


def _write(out: str, text: str) -> None:
    from pathlib import Path

    from pathways.errors import InputError, Place

    try:
        _replace(Path(out), text)
    except OSError as error:
        raise InputError(Place(out), f"cannot be written: {error.strerror}") from None


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole, or leave what was there; devices and pipes just get the text."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    scratch = path.with_name(f".{path.name}.pathways-unfinished")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
