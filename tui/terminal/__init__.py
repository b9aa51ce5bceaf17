"""Code that touches the terminal itself or Textual's private parts. Imports no other room."""
