"""Fit the uncertain parameters to the calibration targets, check the fit, and write it down.

    python experiments/calibrate.py --bank     # simulate the points: a quarter of an hour
    python experiments/calibrate.py --fit      # pathways/evidence/data/posterior.csv, in seconds
    python experiments/calibrate.py --screen   # each uncertain input alone
    python experiments/calibrate.py --check    # trials simulated at posterior draws
    python experiments/calibrate.py --page docs/calibration.md

Several can be given at once; they are done in this order. What was simulated is kept as data in
`pathways/calibration/data/`, so that `--fit` and `--page` need no simulation. A bank that was
interrupted goes on where it stopped. With `OPENBLAS_NUM_THREADS=1` fits take a third of the time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pathways.calibration import bank as banks
from pathways.calibration import kept, settings, story
from pathways.calibration.fit import Fit, as_text, fit, rows_of
from pathways.errors import InputError, ValueProblem

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "pathways" / "calibration" / "data"
POSTERIOR = ROOT / "pathways" / "evidence" / "data" / "posterior.csv"
FIGURES = ROOT / "docs" / "figures"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the options say; bad input gives a message and 2."""
    given = _options().parse_args(arguments)
    try:
        _refuse_bad(given)
        _do(given)
    except (InputError, ValueProblem) as problem:
        print(f"calibrate: {problem}", file=sys.stderr)
        return 2
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    chosen = settings.shipped_settings()
    parser.add_argument("--bank", action="store_true", help="simulate the points")
    parser.add_argument("--fit", action="store_true", help="write the posterior")
    parser.add_argument("--screen", action="store_true", help="move each input alone")
    parser.add_argument("--check", action="store_true", help="simulate trials at posterior draws")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the tables into a page")
    parser.add_argument("--seed", type=int, default=chosen.bank.seed, help="of the sampling")
    parser.add_argument("--rows", type=int, default=150, help="posterior draws of --check")
    parser.add_argument(
        "--worlds", type=int, default=200, help="made worlds of the page's recovery"
    )
    parser.add_argument("--processes", type=int, default=2, help="of the simulations")
    parser.add_argument(
        "--work", type=Path, default=Path("results/calibration"), help="unfinished bank"
    )
    return parser


def _refuse_bad(given: argparse.Namespace) -> None:
    if not (given.bank or given.fit or given.screen or given.check or given.page):
        raise ValueProblem("nothing to do", "--bank, --fit, --screen, --check, --page FILE")
    points = settings.shipped_settings().bank.points
    limits = {
        "seed": (0, 2**32), "rows": (2, 1000), "worlds": (10, points // 2), "processes": (1, 64),
    }  # fmt: skip
    for name, (low, high) in limits.items():
        value = getattr(given, name)
        if not low <= value <= high:
            raise ValueProblem(f"--{name} {value}", f"{low} to {high}")
    if given.page is not None:
        from pathways.trials.page import refuse_unusable_page

        refuse_unusable_page(given.page)


def _do(given: argparse.Namespace) -> None:
    chosen = settings.shipped_settings()
    DATA.mkdir(exist_ok=True)
    if given.bank:
        made = banks.make(chosen, given.work, given.processes, _tell)
        _write(
            DATA / banks.FILE,
            banks.as_text(made, [f"{_command('--bank')}, {chosen.bank.points} points"]),
        )
    if given.screen:
        from pathways.calibration.screen import screen

        found = screen(chosen, given.processes, _tell)
        _write(DATA / kept.SCREEN, kept.screen_text(found, _command("--screen")))
    if not (given.fit or given.check or given.page):
        return
    bank = banks.kept(chosen)
    _warn_of_stale(bank)
    main_fit = fit(chosen, bank, seed=given.seed)
    if given.fit:
        _write(POSTERIOR, posterior_text(main_fit, bank, given.seed))
    if given.check:
        from pathways.calibration.checks import check

        predicted, stand_in = check(main_fit, given.rows, given.processes, _tell)
        command = _command(f"--check --rows {given.rows} --seed {given.seed}")
        _write(DATA / kept.PREDICTIVE, kept.predictive_text(predicted, command))
        _write(DATA / kept.STAND_IN, kept.stand_in_text(stand_in, command))
    if given.page is not None:
        story.write(given.page, FIGURES, main_fit, bank, given.seed, given.worlds, _tell)


def posterior_text(found: Fit, bank: banks.Bank, seed: int) -> str:
    """Return the file of the posterior."""
    from pathways import __version__

    names = ", ".join(target.name for target in found.targets)
    about = [
        "Posterior of the calibrated parameters: every row is one draw, all of equal weight.",
        f"command: {_command(f'--fit --seed {seed}')}",
        f"bank: {len(bank.points)} points, digest {bank.digest}",
        f"targets: {names}",
        f"ketamine-pathways {__version__}",
    ]
    keys = [one.key for one in found.settings.unknowns]
    return as_text(keys, rows_of(found)[0], about)


def _command(options: str) -> str:
    return f"python experiments/calibrate.py {options}"


def _warn_of_stale(bank: banks.Bank) -> None:
    if bank.digest != banks.digest_of(settings.shipped_settings()):
        _tell("the bank is of other trial files, evidence or settings: make it anew with --bank")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    _tell(f"{path} written")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
