"""Every CDR is priced by us and checked before its amount is believed. Source: ocpi.md 3.4, 4.4, T51, T64-T69."""
