"""Images where they lie: files, entries of archives, rows of arrays and tables, items of sets."""
