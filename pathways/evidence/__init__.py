"""The parameter book: every number of the model with its source, uncertainty and status.

The data lie in ``data/*.yaml``, one file per theme and ``sources.yaml`` for the publications.
:mod:`pathways.evidence.book` reads them, :mod:`pathways.evidence.draws` turns uncertainty into
values, :mod:`pathways.evidence.render` writes them out for readers.
"""
