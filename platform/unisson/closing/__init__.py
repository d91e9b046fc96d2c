"""A brand is archived, handed over whole, or deleted: what stops, what is kept, and what can be taken back."""
