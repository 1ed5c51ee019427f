"""``pathways schema``: the JSON Schema of scenario files, for editors."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pathlib import Path


def schema(
    out: Annotated[
        str | None, typer.Option("--out", help="File to write; default: standard output.")
    ] = None,
) -> None:
    """Write the JSON Schema of scenario files."""
    text = json.dumps(scenario_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    _write(out, text)
    typer.echo(f"written to {out}")


def scenario_schema() -> dict[str, object]:
    """Return the JSON Schema of a scenario file, with the key ``extends``."""
    from pathways.reading.sections import Section
    from pathways.scenario.document import ScenarioDocument

    document = ScenarioDocument.model_json_schema(by_alias=True)
    whole = document.pop("required", [])
    for section in document["$defs"].values():
        # A file laid over another, or a dated change, may leave out what stands below it.
        section.pop("required", None)
    extends = {"type": "string", "description": "Shipped scenario or file this one is laid over."}
    document["properties"] = {"extends": extends, **document["properties"]}
    package = ScenarioDocument.__module__.rpartition(".")[0]
    models = {
        model.__name__: model
        for model in Section.__subclasses__()
        if model.__module__.startswith(package)
    }
    for name, section in (("ScenarioDocument", document), *document["$defs"].items()):
        for key, field in models[name].model_fields.items():
            _say_default_as_written(section["properties"][field.alias or key], field.default)
    document["anyOf"] = [{"required": ["extends"]}, {"required": whole}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


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
