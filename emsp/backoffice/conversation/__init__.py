"""One order from the app's first message to the last posting, on one page."""
