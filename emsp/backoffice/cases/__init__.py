"""Cases: what stands still and needs a person, found by a watchdog, closed by staff or when it is over."""
