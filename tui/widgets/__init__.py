"""Widgets, dialogs, themes and the palette, which screens and panes share. May import `drawing`."""
