"""Pure functions from values to rows of cells, and their words. Never imports Textual."""
