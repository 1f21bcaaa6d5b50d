"""Settings of the eMSP; the environment is read here and nowhere else. `main` for all processes, `test` for the tests."""
