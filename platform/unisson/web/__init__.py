"""The web's edge: sessions, guards, errors, headers, languages. Features know it; it knows no feature."""
