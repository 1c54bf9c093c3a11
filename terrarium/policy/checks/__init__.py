"""Custom checks; checkov loads Python files only from a package."""
