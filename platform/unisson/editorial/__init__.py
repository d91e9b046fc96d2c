"""Contents, their channels' variants, their versions."""
