"""Hostile input: valid messages, spoiled in every way that JSON and HTTP allow, for every decoder and every door."""
