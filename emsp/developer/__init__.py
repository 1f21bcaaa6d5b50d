"""The integrators' door: documentation, a bench for messages, and conformance runs."""
