"""The tooling behind tasks.py."""
