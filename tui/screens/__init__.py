"""The opening, the dashboard, the launcher, and their dialogs. May import `panes` and below."""
