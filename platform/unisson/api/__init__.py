"""What other programs read of an agency, by a token that somebody gave them."""
