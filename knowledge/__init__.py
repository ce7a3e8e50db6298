"""The library: documents and how to find things in them. Knows no chat and no database."""
