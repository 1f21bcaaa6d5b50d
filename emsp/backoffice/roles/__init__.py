"""Roles of staff, their second factor, the lock-out at the login, and the trail of what they did."""
