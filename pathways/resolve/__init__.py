"""From evidence and rules to the numbers of a plan.

`values` reads the evidence book, `tables` and `kinetics` turn its values into the tables that both
engines look up. Everything is computed with the package's own arithmetic, so a plan has the same
bits on every machine.
"""
