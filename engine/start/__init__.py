"""From a command line to a run directory: launch, resume, recipe resolution.

Free of torch; may import `data.folders`.
"""
