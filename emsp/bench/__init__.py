"""Measures the eMSP against the floor of the same machine in the same run: `manage.py bench`."""
