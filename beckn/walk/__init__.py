"""A driver's app in a command: walks one order from search to bill against a running eMSP."""
