"""Tests mirror the apps; `flows` walks whole orders, `browser` drives pages."""
