"""The seam to payment gateways, and the sandbox gateway: a process of its own."""
