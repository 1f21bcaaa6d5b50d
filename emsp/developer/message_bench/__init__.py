"""The message bench: staff look at messages of integrators, sign and verify them, watch callbacks, send one again."""
