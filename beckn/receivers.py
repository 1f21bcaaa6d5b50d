"""News from the CPOs that changes what can be bought."""
