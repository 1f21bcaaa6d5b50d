"""The public documentation below /docs: guides from docs/*.md, APIs from the wire types, states from their table."""
