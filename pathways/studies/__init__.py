"""Studies: many runs of many scenarios, from one file."""
