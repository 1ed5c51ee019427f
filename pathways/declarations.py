"""Write the kernel's declarations from :mod:`pathways.codes` and :mod:`pathways.layout`.

Run at build time, from the files themselves and not from the installed package, so it imports
nothing but the standard library and finds its two sources beside itself.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

_C_TYPES = {"f8": "double", "i8": "int64_t", "u8": "uint64_t"}

_HEADER = """\
# Generated from pathways/codes.py and pathways/layout.py by pathways/declarations.py.
from libc.stdint cimport int64_t, uint64_t

"""


def _load(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"_pathways_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _enum_lines(codes: ModuleType) -> list[str]:
    lines = []
    for enum in codes.ENUMS:
        lines.append(f"cdef enum {enum.__name__}Code:")
        prefix = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", enum.__name__).upper()
        lines += [f"    {prefix}_{member.name} = {member.value}" for member in enum]
        lines.append("")
    return lines


def _constant_lines(layout: ModuleType) -> list[str]:
    lines = ["cdef enum LayoutConstant:"]
    lines += [f"    {name} = {value}" for name, value in layout.CONSTANTS.items()]
    return [*lines, ""]


def _struct_lines(layout: ModuleType) -> list[str]:
    lines = []
    for name, fields in layout.RECORDS.items():
        lines.append(f"cdef struct {name}:")
        for field in fields:
            size = "" if field.count == 1 else f"[{field.count}]"
            lines.append(f"    {_C_TYPES[field.kind]} {field.name}{size}  # {field.meaning}")
        lines.append("")
    return lines


def render() -> str:
    """Return the text of ``_declarations.pxd``: enums, array sizes and record structs."""
    codes, layout = _load("codes"), _load("layout")
    body = _enum_lines(codes) + _constant_lines(layout) + _struct_lines(layout)
    return _HEADER + "\n".join(body)


if __name__ == "__main__":
    print(render())
