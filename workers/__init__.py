"""The same verbs, run later: jobs of a few lines. workers → platform → tenants, never back."""
