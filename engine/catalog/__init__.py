"""Facts about architectures and data sets, the forms of an architecture's name, data shapes.

Free of torch; may import `text` and `errors` only.
"""
