"""Measurements against the aims: ratios side by side in one run; a shared machine has no absolute milliseconds."""
