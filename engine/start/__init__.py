"""From a command line to a running engine: recipe resolution, launch, resume.

Free of torch; may import `data.folders`.
"""
