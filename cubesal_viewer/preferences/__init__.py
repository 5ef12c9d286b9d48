"""The dialog in which people make the application their own, and what it brings about."""
