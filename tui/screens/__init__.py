"""The screens: dashboard, launcher and their dialogs. May import `panes` and what lies below it."""
