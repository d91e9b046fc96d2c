"""Strategy: what a brand wants in a period, in which words, and when it keeps quiet."""
