"""`make demo`: one supervisor starts the whole world on one machine, watches it and stops it."""
