"""Pure functions from values to rows of cells. Imports neither Textual nor another room."""
