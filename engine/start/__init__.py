"""The way from a command line to a running engine: recipe resolution, device checks, environment,
launch, resume, the repeated command lines of a scheduler, and requests that need no run.

Free of torch; may import what is so in `data` and `models`, and `run`, `machine` and what lies
below them.
"""
