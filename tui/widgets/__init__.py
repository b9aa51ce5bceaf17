"""Widgets and dialogs that several screens or panes share. May import `drawing`."""
