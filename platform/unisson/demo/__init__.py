"""Two agencies to look around in."""
