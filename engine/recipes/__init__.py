"""What defines a run: the recipe, its presets and the learning-rate schedule.

Free of torch; may import `catalog`.
"""
