"""The messages between the engine and others: events, commands, and requests with their answers.

Free of torch; may import `recipes`.
"""
