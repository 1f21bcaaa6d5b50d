"""The back office's own pages. It composes all apps; none imports it."""
