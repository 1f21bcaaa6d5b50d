"""Kills processes of a running demo under load, and proves from both ends' records that nothing was lost."""
