"""Run the command line as `python -m pathways`."""

from pathways.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
