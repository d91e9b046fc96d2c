"""Bringing a client brand on board: what it still lacks, and who has the ball."""
