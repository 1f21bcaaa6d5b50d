"""The back office beyond single rows: what staff need of several apps at once."""
