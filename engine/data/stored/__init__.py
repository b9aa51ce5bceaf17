"""Images where they lie: files, later entries of archives and rows of tables. Loads no torch."""
