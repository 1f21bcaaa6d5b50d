"""The page on which a working day begins: figures, operators' health, and what needs a person."""
