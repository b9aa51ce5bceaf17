"""What happened, newest first."""
