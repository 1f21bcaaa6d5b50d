"""The composed eMSP: settings, URLs, Celery, and what all apps share (emsp.core)."""
