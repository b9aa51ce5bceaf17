"""The way from a command line to a running engine: recipe resolution, device checks, environment,
launch, resume, and the repeated command lines of a scheduler.

Free of torch; may import `data.folders`, `models.model_text`, and `run`, `machine` and what lies
below them.
"""
