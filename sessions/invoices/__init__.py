"""Invoices and credit notes: numbers without gaps, tax lines, PDF, and a link that expires."""
