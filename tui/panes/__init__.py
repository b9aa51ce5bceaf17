"""The panes of the dashboard, a folder each. May import `widgets` and what lies below it."""
