"""What scripts/bench does."""
