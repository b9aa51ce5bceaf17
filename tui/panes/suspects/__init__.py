"""Images whose label is doubtful, beside their neighbours, and what a person decides on them."""
