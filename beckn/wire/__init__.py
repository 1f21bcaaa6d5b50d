"""Beckn on the wire, one package per protocol version. Pure: neither Django nor a database."""
