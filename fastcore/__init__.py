"""The compiled engine: elementary functions, addressed draws, population and kernel.

The kernel is built once for each instruction set; `kernel()` loads the best one this processor
runs, and all of them give the same bits.  `PATHWAYS_ISA` (v2, v3 or v4; native on machines other
than x86-64) forces one.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
from types import ModuleType

if __name__ != "pathways.fastcore":
    raise ImportError("the folder fastcore is imported as pathways.fastcore, not by its own name")

from pathways.fastcore import sources

__all__ = ["active_level", "available_levels", "build_stamp", "kernel", "source_stamp"]


def _load(name: str) -> ModuleType:
    full_name = f"{__name__}.{name}"
    try:
        return importlib.import_module(full_name)
    except ModuleNotFoundError as error:
        if error.name != full_name:
            raise
        raise ImportError(
            f"the compiled module {full_name} is missing for Python "
            f"{sys.version_info.major}.{sys.version_info.minor}; {sources.remedy()}",
            name=full_name,
        ) from error


_cpu = _load("_cpu")


def __getattr__(name: str) -> ModuleType:
    if name in sources.modules():
        return _load(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@functools.cache
def available_levels() -> tuple[str, ...]:
    """Return the kernels that are built and that this processor runs, the lowest first."""
    here = sources.levels()
    runnable = here if here == ("native",) else _cpu.supported_levels()
    return tuple(
        level
        for level in here
        if level in runnable and importlib.util.find_spec(f"{__name__}._kernel_{level}")
    )


def active_level() -> str:
    """Return the instruction set `kernel()` uses: the one forced, or the best available.

    Raises
    ------
    ImportError
        If `PATHWAYS_ISA` names no kernel this processor runs, or if none is built.
    """
    available = available_levels()
    if not available:
        raise ImportError(f"no kernel is built for this processor; {sources.remedy()}")
    forced = os.environ.get("PATHWAYS_ISA", "")
    if forced and forced not in available:
        raise ImportError(
            f"PATHWAYS_ISA={forced}: no such kernel on this machine; "
            f"allowed: {', '.join(available)}, or unset for the best of them"
        )
    return forced or available[-1]


def kernel() -> ModuleType:
    """Return the compiled kernel for this processor, loaded on first use.

    Raises
    ------
    ImportError
        If it is not built or stale, if `PATHWAYS_ISA` is wrong, or if this process rounds tiny
        numbers to zero.
    """
    return _kernel(active_level())


@functools.cache
def _kernel(level: str) -> ModuleType:
    _refuse_flush_to_zero(float.fromhex("0x1p-1074"), sys.float_info.min)
    return _load(f"_kernel_{level}")


def _refuse_flush_to_zero(smallest: float, smallest_normal: float) -> None:
    # Two switches of the processor: one for operands that are tiny, one for results.
    if smallest * 1.0 > 0.0 and smallest_normal * 0.5 > 0.0:
        return
    raise ImportError(
        "this process rounds numbers as small as 5e-324 to zero, so results would differ: "
        "a library built with -Ofast or -ffast-math was loaded before; import pathways without it"
    )


def build_stamp() -> str:
    """Return the hash over the sources the compiled modules were made from.

    Raises
    ------
    ImportError
        If a module is missing or stale.
    """
    names = [*sources.PLAIN_MODULES, f"_kernel_{active_level()}"]
    built = {sources.modules()[name]: _load(name).BUILD_STAMP.encode() for name in names}
    return sources.digest(built)


def source_stamp() -> str | None:
    """Return the same hash over the sources in this checkout, or None in an installed wheel."""
    if not sources.are_here():
        return None
    files = set(sources.modules().values())
    return sources.digest({name: sources.stamp(name).encode() for name in files})
