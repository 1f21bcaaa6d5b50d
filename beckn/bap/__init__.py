"""Reference BAP: a small consumer app, a project and a process of its own; it knows the BPP by Beckn only."""
