"""The command line: click commands, and the tables and JSON that they print. May import all rooms."""
