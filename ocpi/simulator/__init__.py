"""A believable OCPI 2.2.1 charge point operator in a box, a process of its own: `python -m ocpi.simulator`.

It borrows the wire base and nothing else from the project: no Django, no database, no shared pricing.
Its own calculator is an independent second opinion on what a charge costs.
"""
