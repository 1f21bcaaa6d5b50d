"""What every app may use: wire base, errors, outgoing HTTP, money, encrypted fields, logs."""
