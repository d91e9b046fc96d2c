"""Images: checked, re-encoded, stored, served."""
