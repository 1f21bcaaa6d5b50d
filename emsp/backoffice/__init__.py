"""The back office's own pages: what happens today, and whole conversations. It composes all apps; none imports it."""
