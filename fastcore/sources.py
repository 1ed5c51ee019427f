"""Which sources make which compiled module, and the stamp that tells stale builds.

Standard library only: `setup.py` loads this file by its path, before anything is installed.
A stamp is a hash over everything a compiled module is made of: its `.pyx`, the `.pxd`, `.pxi`
and `.h` files it reaches, and the declarations generated from `pathways/codes.py` and
`pathways/layout.py`.  The build writes it into the module, which compares it on import.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sysconfig
from pathlib import Path

SOURCE_FOLDER = Path(__file__).resolve().parent
ROOT = SOURCE_FOLDER.parent
DECLARATIONS = "_declarations"
KERNEL = "_kernel"
PLAIN_MODULES = ("_cpu", "maths", "draws", "population", "sums")
X86_LEVELS = ("v2", "v3", "v4")

_REFERENCES = (
    re.compile(r"^\s*from\s+(\w+)\s+cimport\b", re.MULTILINE),
    re.compile(r"^\s*cimport\s+([\w, \t]+)", re.MULTILINE),
    re.compile(r"^\s*include\s+[\"']([^\"']+)[\"']", re.MULTILINE),
    re.compile(r"\bextern\s+from\s+[\"']([^\"']+)[\"']"),
    re.compile(r"^\s*#\s*include\s+[\"<]([^\">]+)[\">]", re.MULTILINE),
)


def levels() -> tuple[str, ...]:
    """Return the instruction sets the kernel is built for here, the lowest first."""
    machine = sysconfig.get_platform().rpartition("-")[2]
    return X86_LEVELS if machine in ("x86_64", "amd64") else ("native",)


def modules() -> dict[str, str]:
    """Return the compiled modules of this machine and the `.pyx` file each comes from."""
    found = {name: f"{name}.pyx" for name in PLAIN_MODULES}
    return found | {f"{KERNEL}_{level}": f"{KERNEL}.pyx" for level in levels()}


def are_here() -> bool:
    """Tell whether this is a checkout: a wheel carries the compiled modules alone."""
    return (SOURCE_FOLDER / "_cpu.pyx").exists()


def render_declarations(root: Path = ROOT) -> str:
    """Return the text of `_declarations.pxd`, read afresh from `pathways/declarations.py`."""
    path = root / "pathways" / "declarations.py"
    spec = importlib.util.spec_from_file_location("_pathways_declarations", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.render()


def _referenced(text: str) -> set[str]:
    names = (name for pattern in _REFERENCES for name in pattern.findall(text))
    return {part.split(" as ")[0].strip() for name in names for part in name.split(",")}


def _file_of(name: str, user: Path, folder: Path) -> Path | None:
    candidates = (folder / name, folder / f"{name}.pxd", user.parent / name)
    return next((path for path in candidates if path.is_file()), None)


def reached_files(source: str, folder: Path = SOURCE_FOLDER) -> tuple[set[Path], bool]:
    """Return the files of `folder` that `source` is compiled from, itself included.

    The second value tells whether the generated declarations are among what it reaches.
    """
    own_declarations = folder / f"{Path(source).stem}.pxd"
    waiting = [folder / source, *([own_declarations] if own_declarations.exists() else [])]
    reached: set[Path] = set()
    uses_declarations = False
    while waiting:
        path = waiting.pop()
        reached.add(path)
        names = _referenced(path.read_text("utf-8"))
        uses_declarations |= DECLARATIONS in names
        files = {_file_of(name, path, folder) for name in names if name} - {None}
        waiting.extend(files - reached)
    return reached, uses_declarations


def stamp(source: str, root: Path = ROOT) -> str:
    """Return the stamp of one `.pyx` file: 32 hexadecimal digits."""
    folder = root / "fastcore"
    reached, uses_declarations = reached_files(source, folder)
    parts = {path.relative_to(folder).as_posix(): path.read_bytes() for path in reached}
    if uses_declarations:
        parts[f"{DECLARATIONS}.pxd"] = render_declarations(root).encode()
    return digest(parts)


def digest(parts: dict[str, bytes]) -> str:
    """Return one hash over named byte strings, whatever their order."""
    whole = hashlib.blake2b(digest_size=16)
    for name, content in sorted(parts.items()):
        whole.update(f"{len(name)} {name} {len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()


def remedy() -> str:
    """Return the sentence that says how to build the compiled modules."""
    if are_here():
        return f"build it with `make build` in {ROOT}"
    return "install it again: `pip install --force-reinstall ketamine-pathways`"


def refuse_if_stale(module: str, source: str, built: str) -> None:
    """Compare the stamp a compiled module carries with its sources, if they are here.

    Called by every compiled module as the last line of its import.

    Raises
    ------
    ImportError
        If the sources were edited after `module` was compiled.
    """
    if are_here() and stamp(source) != built:
        raise ImportError(
            f"{module} was compiled from other sources than {SOURCE_FOLDER / source} and the "
            f"files it uses have now; {remedy()}",
            name=module,
        )
