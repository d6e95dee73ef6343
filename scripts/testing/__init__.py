"""The stages of scripts/test."""
