"""The command line: click commands, their tables and JSON. May import every room."""
