"""What becomes of an engine's raw result: tables, fingerprints, the summary and the files."""
