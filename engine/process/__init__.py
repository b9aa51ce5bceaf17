"""The engine process: host, worker thread, session, saving, torchrun, inspection server, lines.

May import every room.
"""
