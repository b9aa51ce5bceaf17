"""The interface: the command line and the Textual app. It never imports torch."""
