"""Opening an agency, its brands, its team."""
