"""The views of time over everything."""
