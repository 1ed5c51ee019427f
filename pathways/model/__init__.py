"""The reference engine as a Mesa model: patients, the clinic and the day they share.

Import the classes from their modules; Mesa is loaded only then.
"""
