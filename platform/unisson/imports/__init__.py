"""Taking an editorial plan in from a file: columns mapped, rows corrected, then all of it at once or nothing."""
