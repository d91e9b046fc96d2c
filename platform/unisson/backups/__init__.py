"""All that an installation holds, kept elsewhere and brought back: the database, the files, and a list of both."""
