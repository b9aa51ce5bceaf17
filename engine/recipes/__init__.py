"""The definition of a run: its recipe, the presets, recipes as TOML, the learning-rate schedule.

Free of torch; may import `catalog`.
"""
