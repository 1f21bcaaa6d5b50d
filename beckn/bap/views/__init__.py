"""Pages and addresses; each fetches, calls one service, and answers."""
