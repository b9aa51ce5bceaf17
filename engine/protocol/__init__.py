"""What the engine and its viewers say to each other: events and commands.

Free of torch; may import `recipes`.
"""
