"""Shipped scenario files, read with `importlib.resources.files("pathways.scenarios")`."""
