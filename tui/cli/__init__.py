"""The command line: click commands and their tables. May import every room."""
