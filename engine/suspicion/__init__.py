"""Images whose label is doubtful: ranked by what a network said of them while it learned.

Free of torch; may import `run` and what lies below it.
"""
