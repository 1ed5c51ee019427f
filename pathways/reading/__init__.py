"""Reading what users write: located YAML, quantities with units, checked sections, overlays."""
