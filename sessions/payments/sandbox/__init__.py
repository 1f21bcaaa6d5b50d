"""A payment gateway in a box: pages to pay, fail or pay late, signed notifications, refunds by API. No money moves."""
