"""Put what `make run` prints into the README: `make readme`, or with its text on standard input."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
START, END = "<!-- table: make run -->\n", "<!-- end of table -->"
FIRST, AFTER_LAST = "QALYs per referral against ", "Results in "
KEPT = ("QALYs per referral", "All referrals", "Paired differences", "Paired excess", "Fingerprint")
LEFT_OUT = ("Per treated patient", "Read with care", "The policies differ")
WIDTH = 100


def main() -> None:
    """Replace the block between the marks by the comparison on standard input."""
    block = shown(sys.stdin.read())
    before, rest = README.read_text("utf-8").split(START)
    after = rest.split(END)[1]
    README.write_text(f"{before}{START}```\n{block}\n```\n{END}{after}", "utf-8")


def shown(printed: str) -> str:
    """Return the comparison from its answer to where its files are told, no line above `WIDTH`."""
    lines = printed.splitlines()
    first = next((i for i, line in enumerate(lines) if line.startswith(FIRST)), None)
    last = next((i for i, line in enumerate(lines) if line.startswith(AFTER_LAST)), None)
    if first is None or last is None:
        raise SystemExit(f"no comparison on standard input: no line starts with `{FIRST}`")
    # Only the answer is longer than a line; spaces in tables are not to be touched.
    kept = [
        line
        for one in _parts(lines[first:last])
        for line in ([one] if len(one) <= WIDTH else textwrap.wrap(one, WIDTH))
    ]
    return "\n".join(line.rstrip() for line in kept)


def _parts(lines: list[str]) -> list[str]:
    """Return the parts that the README shows; the others stand in the report."""
    found, is_kept = [], True
    for line in lines:
        if line.startswith(KEPT):
            is_kept = True
        elif line.startswith(LEFT_OUT):
            is_kept = False
        if is_kept:
            found.append(line)
    return found


if __name__ == "__main__":
    main()
