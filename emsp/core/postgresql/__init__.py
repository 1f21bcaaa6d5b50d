"""Django's PostgreSQL backend, named in DATABASES, with a cheaper look at the connections of the pool."""
