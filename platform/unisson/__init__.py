"""Unisson, the shared desk of a communication agency."""
