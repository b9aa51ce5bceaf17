"""The engine process: host, worker thread, session, inspection server, printed lines.

May import every room.
"""
