"""``pathways schema``: the JSON Schema of scenario files, for editors."""

from __future__ import annotations

import json
from typing import Annotated

import typer


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
    from pathways.scenario.document import ScenarioDocument

    document = ScenarioDocument.model_json_schema(by_alias=True)
    whole = document.pop("required", [])
    for section in document["$defs"].values():
        # A file laid over another, or a dated change, may leave out what stands below it.
        section.pop("required", None)
    extends = {"type": "string", "description": "Shipped scenario or file this one is laid over."}
    document["properties"] = {"extends": extends, **document["properties"]}
    document["anyOf"] = [{"required": ["extends"]}, {"required": whole}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def _write(out: str, text: str) -> None:
    from pathlib import Path

    from pathways.errors import InputError, Place

    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(Place(out), f"cannot be written: {error.strerror}") from None
