"""The checks behind `scripts/check`: one module per check, read `command.py` first."""
