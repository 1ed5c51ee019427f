"""Calibration: parameters that published results move, how far, and what they leave open."""
