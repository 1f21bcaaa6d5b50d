"""What writes: sending requests, taking callbacks, the driver's steps."""
