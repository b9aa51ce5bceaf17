"""A line of a log that cannot be read."""


class DamagedLineError(Exception):
    """The message says in a few words what is wrong: `it has 7 cells and the header has 5`."""
