"""A race as it goes: its leader board, the curves of the best recipes, and what is left."""
