"""The public newsroom of a brand."""
