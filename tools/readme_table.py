"""Put what `make run` prints into the README: `make run | python tools/readme_table.py`."""

from __future__ import annotations

import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
START, END = "<!-- table: make run -->\n", "<!-- end of table -->"


def main() -> None:
    """Replace the block between the marks by the headline on standard input."""
    lines = sys.stdin.read().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("guideline-2018:"))
    last = next(i for i, line in enumerate(lines) if line.startswith("Results in "))
    block = "\n".join(line.rstrip() for line in lines[first:last])
    before, rest = README.read_text("utf-8").split(START)
    after = rest.split(END)[1]
    README.write_text(f"{before}{START}```\n{block}\n```\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
