"""The messages between the engine and its viewers: events, and commands.

Free of torch; may import `recipes`.
"""
