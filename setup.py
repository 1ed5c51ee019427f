"""Build the compiled modules; everything that can be said without code is in pyproject.toml."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import sys
from pathlib import Path

from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
BUILD = Path("build")
GENERATED = BUILD / "generated"
# Apart for each Python, since a new Cython lying beside it makes everything look out of date.
STAMPED = BUILD / "isa" / str(sys.implementation.cache_tag)
UNFINISHED = BUILD / "unfinished"

# Last on the line, so that nothing before them changes a value: no fused multiply-add, no
# reordering.  The two at the end change no value, only speed.
FLAGS = ["-fno-fast-math", "-O3", "-ffp-contract=off", "-fno-trapping-math", "-fno-math-errno"]
UNSAFE_FLAG = re.compile(
    r"-Ofast|-ffast-math|-funsafe-math-optimizations|-mdaz-ftz|-m(?:arch|cpu)=.*"
)
MAPPED_PACKAGES = {
    "pathways.fastcore": "fastcore",
    "pathways.scenarios": "scenarios",
    "pathways.experiments": "experiments",
}
DATA_FILES = [f"**/*.{ending}" for ending in ("yaml", "csv", "json", "html", "j2", "css")]
PACKAGE_DATA = {
    "pathways": [*DATA_FILES, "py.typed"],
    "pathways.scenarios": ["**/*.yaml"],
    "pathways.experiments": ["*.study.yaml"],
    "pathways.fastcore": ["*.pyi"],
}

_FOOTER = """

# Added by setup.py with Cython {cython}.
BUILD_STAMP = "{stamp}"
from pathways.fastcore import sources as _sources
_sources.refuse_if_stale(__name__, "{source}", BUILD_STAMP)
"""


def load_sources():
    """Load `fastcore/sources.py` by its path: the package cannot be imported yet."""
    path = ROOT / "fastcore" / "sources.py"
    spec = importlib.util.spec_from_file_location("_pathways_sources", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def packages() -> list[str]:
    """Return every package: those under `pathways` and the two that lie beside it."""
    return [*find_packages(include=["pathways", "pathways.*"]), *MAPPED_PACKAGES]


def is_partial() -> bool:
    """Tell whether sources that are missing or do not compile may be left out, with a note."""
    return os.environ.get("PATHWAYS_PARTIAL_BUILD") == "1"


def note(text: str) -> None:
    print(f"setup.py: {text}", file=sys.stderr)


def without_unsafe_flags(command: list[str]) -> list[str]:
    """Return a compiler command without the flags that would change results, saying which."""
    dropped = [word for word in command if UNSAFE_FLAG.fullmatch(word)]
    if dropped:
        note(f"dropped {' '.join(dropped)}: results would depend on the machine")
    return [word for word in command if word not in dropped]


def write_if_changed(path: Path, text: str) -> None:
    """Write `text`, leaving the file and its time alone if it says so already."""
    if path.exists() and path.read_text("utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def level_flags(module: str) -> list[str]:
    level = module.removeprefix("_kernel_")
    return [f"-march=x86-64-{level}"] if level in ("v2", "v3", "v4") else []


def declared_extensions() -> list[Extension]:
    """Return the extensions as declared: their `.pyx` in fastcore/, not yet prepared."""
    found = []
    for module, source in load_sources().modules().items():
        path = Path("fastcore", source)
        if not path.exists():
            if not is_partial():
                raise SystemExit(f"setup.py: {path} is missing")
            note(f"{path} is not there yet: pathways.fastcore.{module} is left out")
            continue
        flags = [*level_flags(module), *FLAGS]
        name = f"pathways.fastcore.{module}"
        folders = ["fastcore", str(GENERATED)]
        extension = Extension(name, [str(path)], include_dirs=folders, extra_compile_args=flags)
        extension.optional = is_partial()
        extension.depends = ["setup.py"]
        found.append(extension)
    return found


def write_stamped_source(extension: Extension, sources) -> Path:
    """Copy a `.pyx` to the build folder with its stamp added, one copy for each module."""
    import Cython

    module, source = extension.name.rpartition(".")[2], Path(extension.sources[0]).name
    footer = _FOOTER.format(cython=Cython.__version__, stamp=sources.stamp(source), source=source)
    copy = STAMPED / f"{module}.pyx"
    write_if_changed(copy, Path("fastcore", source).read_text("utf-8") + footer)
    return copy


def translated(extension: Extension, sources, force: bool) -> list[str] | None:
    """Translate one extension to C and return its C files, or None if it may be left out."""
    from Cython.Build import cythonize
    from Cython.Compiler.Errors import CompileError

    try:
        copy = write_stamped_source(extension, sources)
        twin = Extension(extension.name, [str(copy)], include_dirs=extension.include_dirs)
        include_path = ["fastcore", str(GENERATED)]
        return cythonize([twin], include_path=include_path, force=force, quiet=True)[0].sources
    except (CompileError, OSError) as error:
        if not is_partial():
            raise
        note(f"{extension.name} is left out: {error}")
        return None


@contextlib.contextmanager
def alone():
    """Let one build at a time into the build folder, and tell it whether the last was cut off."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "lock", "w") as lock:
        with contextlib.suppress(ImportError):
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        was_cut_off = UNFINISHED.exists()
        UNFINISHED.touch()
        try:
            yield was_cut_off
        except Exception:
            # A failure that is reported leaves no torn file; only a kill leaves the mark.
            if not was_cut_off:
                UNFINISHED.unlink()
            raise
        UNFINISHED.unlink()


class BuildExtensions(build_ext):
    """Translate, compile and stamp, redoing only what changed."""

    def finalize_options(self):
        super().finalize_options()
        if self.inplace:
            # An editable install would otherwise compile everything anew in a temporary folder.
            platform = f"{self.plat_name}-{sys.implementation.cache_tag}"
            self.build_lib = str(BUILD / f"lib.{platform}")
            self.build_temp = str(BUILD / f"temp.{platform}")
        if self.parallel is None:
            self.parallel = os.cpu_count() or 1

    def run(self):
        with alone() as was_cut_off:
            self.force = self.force or was_cut_off
            self.prepare()
            super().run()

    def prepare(self):
        import numpy

        sources = load_sources()
        self.write_declarations(sources)
        ready = []
        for extension in self.extensions:
            c_files = translated(extension, sources, bool(self.force))
            if c_files:
                extension.sources = c_files
                extension.include_dirs.append(numpy.get_include())
                ready.append(extension)
        self.extensions = ready

    def write_declarations(self, sources):
        try:
            text = sources.render_declarations(ROOT)
        except FileNotFoundError as error:
            if not is_partial():
                raise
            note(f"no generated declarations: {error}")
            return
        write_if_changed(GENERATED / f"{sources.DECLARATIONS}.pxd", text)

    def build_extensions(self):
        for name, command in vars(self.compiler).items():
            if name.startswith(("compiler", "linker")) and isinstance(command, list):
                setattr(self.compiler, name, without_unsafe_flags(command))
        super().build_extensions()


class BuildPython(build_py):
    """Start from an empty folder, so that a deleted module is not shipped."""

    def run(self):
        if not self.editable_mode:
            self.remove_leftovers(Path(self.build_lib, "pathways"))
        super().run()

    def remove_leftovers(self, folder: Path):
        names = {extension.name.rpartition(".")[2] for extension in self.distribution.ext_modules}
        for path in [path for path in folder.rglob("*") if path.is_file()]:
            is_wanted = path.suffix in (".so", ".pyd") and path.name.partition(".")[0] in names
            if not is_wanted:
                path.unlink()


def main() -> None:
    os.chdir(ROOT)
    setup(
        packages=packages(),
        package_dir=MAPPED_PACKAGES,
        package_data=PACKAGE_DATA,
        include_package_data=False,
        ext_modules=declared_extensions(),
        cmdclass={"build_ext": BuildExtensions, "build_py": BuildPython},
        zip_safe=False,
    )


if __name__ == "__main__":
    main()
