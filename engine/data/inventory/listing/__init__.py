"""Listings: what lies in a folder, and what of it is left out. Archives make them, too."""
