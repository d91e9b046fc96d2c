"""Where a brand's people decide: what waits on them, by a personal link or signed in."""
