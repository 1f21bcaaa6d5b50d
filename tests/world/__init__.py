"""The whole world as `make demo` starts it: real processes, real kills."""
