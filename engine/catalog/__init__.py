"""Facts about architectures and data sets, the forms of their names, data shapes, user settings.

Free of torch; imports nothing from the rooms above.
"""
