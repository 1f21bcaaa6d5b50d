"""Does a partner's platform do what its protocol asks? Harmless probes, and a report to hand on."""
